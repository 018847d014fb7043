import { generateKeyPairSync } from 'node:crypto';

/** A key that a router signs with, and what its services are given. */
export function ed25519Pair(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    signs: {
      kid,
      alg: 'EdDSA' as const,
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
    checks: { kid, alg: 'EdDSA' as const, key: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
  };
}
