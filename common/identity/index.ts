// What services need to know who the monolith's user is: `banyan/identity`.
export { type IdentifiedRequest, type IdentifyOptions, identify } from './identify.ts';
export type { IdentityAlgorithm, IdentityKey } from './identity-keys.ts';
export { identityHeader, type VerifiedUser } from './identity-token.ts';
export { type IdentityVerifierOptions, identityVerifier } from './identity-verifier.ts';
