import type { KeyObject } from 'node:crypto';
import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import { BanyanError } from '../errors.ts';
import { checkingKey, type IdentityAlgorithm, type IdentityKey } from './identity-keys.ts';
import { defaultIssuer, identityType, type VerifiedUser } from './identity-token.ts';

export interface IdentityVerifierOptions {
  /** Every key that a router may sign with at this time: while keys are changed, the one before and the one after. */
  readonly keys: readonly IdentityKey[];
  /** Who this service is: the feature's name, unless the router's config says another one. */
  readonly audience: string;
  /** Default `banyan`. */
  readonly issuer?: string;
  /** By how much clocks of two machines may differ, seconds. Default 5. */
  readonly clockToleranceSeconds?: number;
}

/**
 * Makes the function that reads a router's tokens. It resolves with the user; it rejects with `BANYAN_IDENTITY_INVALID` for what no router
 * signed, what was signed for another service, and what has expired.
 *
 * @throws BanyanError `BANYAN_IDENTITY_KEY`
 */
export function identityVerifier(options: IdentityVerifierOptions): (token: string) => Promise<VerifiedUser> {
  const { audience, issuer = defaultIssuer, clockToleranceSeconds = 5 } = options;
  const keys = new Map<string, { readonly alg: IdentityAlgorithm; readonly key: KeyObject }>();
  for (const key of options.keys) keys.set(key.kid, { alg: key.alg ?? 'EdDSA', key: checkingKey(key) });
  if (keys.size === 0) {
    const fix = 'Give the public half of the key that the router signs with.';
    throw new BanyanError('BANYAN_IDENTITY_KEY', 'No key was given to check identities by.', { fix });
  }
  const keyOf = ({ kid, alg }: JWTHeaderParameters): KeyObject => {
    const known = keys.get(kid ?? '');
    // A key says its algorithm; a token may not choose another one for it.
    if (known === undefined || known.alg !== alg) throw new errors.JWKSNoMatchingKey();
    return known.key;
  };
  const checks = {
    audience,
    issuer,
    typ: identityType,
    algorithms: [...new Set([...keys.values()].map(({ alg }) => alg))],
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['sub', 'exp', 'iat'],
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyOf, checks);
      return userOf(payload);
    } catch (error) {
      throw new BanyanError(
        'BANYAN_IDENTITY_INVALID',
        `The request's identity is not valid: ${whyNot(error)}.`,
        {
          fix: 'Send requests through the router. If they come from it, give the service the key that it signs with, and its own audience; compare the clocks of both machines.',
          cause: error,
        },
      );
    }
  };
}

function userOf({ sub, claims, jti, exp }: JWTPayload): VerifiedUser {
  return {
    subject: sub!,
    claims: typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {},
    requestId: jti,
    expiresAt: new Date(exp! * 1_000),
  };
}

/** In words, and nothing of the token. */
function whyNot(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWKSNoMatchingKey) return 'no key of this service made it';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWTClaimValidationFailed) return `its "${error.claim}" is another one`;
  return 'it is no token of a router';
}
