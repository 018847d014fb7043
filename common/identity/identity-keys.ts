import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { BanyanError } from '../errors.ts';

export const identityAlgorithms = ['EdDSA', 'HS256'] as const;
export type IdentityAlgorithm = (typeof identityAlgorithms)[number];

/** A key of the identities that a router signs. */
export interface IdentityKey {
  /** Its name, which stands in each token: by it a service finds the key. */
  readonly kid: string;
  /** Default `EdDSA` (Ed25519): services have the public key alone. With `HS256` they share the router's secret. */
  readonly alg?: IdentityAlgorithm;
  /** PEM of an Ed25519 key, or a secret of at least 32 octets. */
  readonly key: string;
}

/** An HMAC's key is at least as long as its hash (RFC 7518 §3.2). */
const shortestSecret = 32;

/** What a router signs by. @throws BanyanError `BANYAN_IDENTITY_KEY` */
export function signingKey(key: IdentityKey): KeyObject {
  return key.alg === 'HS256' ? secretOf(key) : ed25519(key, 'private', () => createPrivateKey(key.key));
}

/** What a service checks by: the public half will do. @throws BanyanError `BANYAN_IDENTITY_KEY` */
export function checkingKey(key: IdentityKey): KeyObject {
  return key.alg === 'HS256' ? secretOf(key) : ed25519(key, 'public', () => createPublicKey(key.key));
}

function secretOf({ kid, key }: IdentityKey): KeyObject {
  const octets = Buffer.from(key.trim());
  if (octets.length < shortestSecret) {
    throw keyError(
      `The secret "${kid}" has ${octets.length} octets; HS256 needs ${shortestSecret}.`,
      'Make one with `openssl rand -base64 48`.',
    );
  }
  return createSecretKey(octets);
}

function ed25519({ kid, key: _ }: IdentityKey, half: string, read: () => KeyObject): KeyObject {
  const fix =
    'Make one with `openssl genpkey -algorithm ed25519 -out identity.pem`; `openssl pkey -in identity.pem -pubout` prints its public half.';
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw keyError(`The key "${kid}" is no ${half} key in PEM.`, fix);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw keyError(`The key "${kid}" is one of ${key.asymmetricKeyType}; EdDSA takes Ed25519.`, fix);
}

function keyError(what: string, fix: string): BanyanError {
  return new BanyanError('BANYAN_IDENTITY_KEY', what, { fix });
}
