import { z } from 'zod';
import { identityAlgorithms } from '../../common/identity/identity-keys.ts';

const token = /^[\w!#$%&'*+.^`|~-]+$/;
const fieldNames = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((names) => (typeof names === 'string' ? [names] : names))
  .pipe(z.array(z.string().regex(token, { error: 'is no name of a cookie or a header' })));

/** `header:NAME` or `json:PATH` of the monolith's answer; a path goes by members, `user.id`. */
const source = z.string().regex(/^(?:header:[\w!#$%&'*+.^`|~-]+|json:[^\s.]+(?:\.[^\s.]+)*)$/, {
  error: 'is nothing of an answer: write header:NAME or json:MEMBER.MEMBER',
});

/** How a router learns from the monolith who a request's user is. */
export const identityAsk = {
  /** Path (and query) of the monolith that says who the user of a credential is. */
  ask: z.string().regex(/^\/[\x21-\x22\x24-\x7e]*$/, { error: 'is no path: write /internal/whoami' }),
  /** What of the client's request goes there. Nothing else of what the client said does. */
  credentials: z
    .strictObject({ cookie: fieldNames.optional(), header: fieldNames.optional() })
    .refine(({ cookie, header }) => cookie !== undefined || header !== undefined, {
      error: 'names no credential: write { cookie: NAME } or { header: NAME }',
    }),
  /** Where a 2xx says who it is. An answer without it is one of an anonymous user. */
  subject: source.default('json:id'),
  /** What else the service is told, by the names that it gets. */
  claims: z.record(z.string().min(1), source).default({}),
  /** `refuse`: the client gets the monolith's 401 or 403. `pass`: the request goes on without a user. */
  anonymous: z.enum(['refuse', 'pass']).default('refuse'),
  /** An answer is used again for so long, counted from when it was asked for: the time until a session that ended is noticed. 0: never. */
  cacheMs: z.int().min(0).max(3_600_000).default(5_000),
  /** The same of a refusal; no longer than `cacheMs`. */
  refusedMs: z.int().min(0).max(3_600_000).default(1_000),
  /** Answers that are kept. */
  maxEntries: z.int().min(1).max(1_000_000).default(10_000),
  /** The monolith may take so long; then the client gets a 503. */
  deadlineMs: z.int().min(1).max(60_000).default(2_000),
};

/** By which key the router signs what it learned, and for whom. */
export const identitySigning = {
  key: z.strictObject({
    kid: z.string().min(1),
    alg: z.enum(identityAlgorithms).default('EdDSA'),
    /** PEM of an Ed25519 key, or a secret. */
    key: z.string().min(1),
  }),
  issuer: z.string().min(1).default('banyan'),
  audience: z.string().min(1),
  /** How long a token holds, seconds. */
  seconds: z.int().min(1).max(3_600).default(60),
};

/** Of one feature's service, as a router is given it; files have been read already. */
export const serviceIdentitySchema = z.strictObject({ ...identityAsk, ...identitySigning });

export type ServiceIdentitySettings = z.input<typeof serviceIdentitySchema>;
export type ServiceIdentity = z.output<typeof serviceIdentitySchema>;
