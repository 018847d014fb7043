import { SignJWT } from 'jose';
import { type IdentityKey, signingKey } from './identity-keys.ts';
import { defaultIssuer, identityType } from './identity-token.ts';

export interface IdentitySignerOptions {
  readonly key: IdentityKey;
  /** `iss`; default `banyan`. */
  readonly issuer?: string;
  /** The one service that may take the tokens. */
  readonly audience: string;
  /** How long a token holds, seconds: as long as a request may take to reach the service's code. */
  readonly seconds: number;
}

/** What one token says. */
export interface SignedIdentity {
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

/**
 * Makes tokens: compact JWS (RFC 7515), signed by one key, of which the service knows the other half.
 *
 * @throws BanyanError `BANYAN_IDENTITY_KEY`
 */
export function identitySigner(options: IdentitySignerOptions): (said: SignedIdentity) => Promise<string> {
  const { key, issuer = defaultIssuer, audience, seconds } = options;
  const signs = signingKey(key);
  const header = { alg: key.alg ?? 'EdDSA', kid: key.kid, typ: identityType };
  return ({ subject, claims, requestId }) => {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ claims })
      .setProtectedHeader(header)
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setJti(requestId)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(signs);
  };
}
