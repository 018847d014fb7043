import { z } from 'zod';
import { forcible } from '../../conductor/forcible.ts';
import { acceptedLoss, direction, list, texts, why } from './words.ts';

/**
 * What is asked of control: the bodies of its actions and the queries of its questions. Where a comment says "only the
 * shape", another file says what the values must be, with all faults at once.
 */

const saysWhy = (body: { readonly why?: string | undefined; readonly dryRun: boolean }) =>
  body.dryRun || body.why !== undefined;
const whyMissing = { error: 'say why: it is kept in the audit log', path: ['why'] };

const change = { why: why.optional(), dryRun: z.boolean().default(false) };
const routes = z.array(z.string().min(1)).min(1).readonly().optional();

export const saidWhy = z.strictObject({ why });
export const perhapsWhy = z.strictObject({ why: why.optional() });
export const resumeRequest = z.strictObject({
  why: why.optional(),
  /** After the state store was restored, where both databases take writes: whose rows are right. */
  owner: z.enum(['legacy', 'service']).optional(),
});
export const verifyRequest = z.strictObject({
  why: why.optional(),
  /** From the beginning, also where one was cut off. */
  afresh: z.boolean().default(false),
  /** Percent of the chunks, taken by chance. */
  sample: z.number().gt(0).lt(100).optional(),
});
export const copyRequest = z.strictObject({ why, skipDataCheck: z.boolean().default(false) });

/** Only the shape: guard/read-guard.ts. */
const guard = z.strictObject({
  action: z.string().optional(),
  webhook: z.string().optional(),
  minimumRequests: z.number().optional(),
});

const handover = {
  ...change,
  force: list(z.enum(forcible)).default([]),
  /** A duration: at the latest then it goes back, if it is not decided. */
  maxHold: z.string().optional(),
  /** How often it is begun again when it was taken back. */
  retry: z.int().min(0).max(20).default(0),
  /** Only the shape: guard/cutover-guard.ts. */
  guard: guard.extend({ watch: z.string().optional() }).optional(),
};

export const handoverRequest = z
  .strictObject({
    ...handover,
    /** Of a rollback: go back though legacy lacks what was written under so many keys, or under nobody knows how many. */
    acceptLoss: acceptedLoss.optional(),
  })
  .refine(saysWhy, whyMissing);

export const jointRequest = z
  .strictObject({
    ...handover,
    direction,
    features: z
      .array(z.string().min(1))
      .min(1)
      .max(100)
      .readonly()
      .refine((names) => new Set(names).size === names.length, { error: 'name each feature once' }),
  })
  .refine(saysWhy, whyMissing);

export const abandonRequest = z.strictObject({
  why: why.optional(),
  /** The copied rows go too, and all of banyan's. */
  clean: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

export const finishRequest = z.strictObject(change).refine(saysWhy, whyMissing);

export const reloadRequest = z.strictObject(change).refine(saysWhy, whyMissing);

export const repairRequest = z
  .strictObject({
    ...change,
    table: z.string().min(1).optional(),
    keys: z.array(z.array(z.string()).min(1).readonly()).min(1).max(10_000).readonly().optional(),
    /** The owner was restored from a backup: whose rows are right. */
    from: z.enum(['legacy', 'service']).optional(),
  })
  .refine(saysWhy, whyMissing)
  .refine((body) => body.keys === undefined || body.table !== undefined, {
    error: 'name the table whose keys these are',
    path: ['table'],
  })
  .refine((body) => body.from === undefined || body.table === undefined, {
    error: 'it goes for all tables of the feature: leave the table out',
    path: ['from'],
  });

/** Only the shape: canary/read-canary.ts. */
export const canaryRequest = z
  .strictObject({
    ...change,
    percent: z.number().optional(),
    ramp: list(z.number()).optional(),
    every: z.string().optional(),
    until: z.string().optional(),
    routes,
    guard: guard.optional(),
  })
  .refine(saysWhy, whyMissing);

export const cohortsRequest = z
  .strictObject({ ...change, cohorts: list(z.string().min(1)), routes })
  .refine(saysWhy, whyMissing);

/** Only the shape: shadow/set-shadow.ts. */
export const shadowRequest = z
  .strictObject({
    ...change,
    percent: z.number(),
    repeatPercent: z.number().optional(),
    routes,
    sandbox: z.string().optional(),
    sandboxBoth: z.boolean().optional(),
    numbers: z.enum(['value', 'text']).optional(),
    keyOrder: z.enum(['ignore', 'compare']).optional(),
    headers: texts.optional(),
    restart: z.boolean().optional(),
  })
  .refine(saysWhy, whyMissing);

/** Only the shape: throttle/set-throttle.ts. */
export const throttleRequest = z
  .strictObject({
    ...change,
    workers: z.number().optional(),
    share: z.number().optional(),
    reset: z.boolean().optional(),
  })
  .refine(saysWhy, whyMissing);

export const ignoreRequest = z.strictObject({
  why,
  path: z.string().min(1).max(400),
  kind: z.string().optional(),
  route: z.string().min(1).optional(),
  remove: z.boolean().optional(),
});

const headerField = z
  .tuple([z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, { error: 'is no name of a header field' }), z.string()])
  .readonly();

export const explainRequest = z.strictObject({
  method: z.string().min(1).max(40),
  /** Path and query, or an absolute URL. */
  target: z.string().min(1).max(8_000),
  /** Name and value of each field. */
  headers: z.array(headerField).max(200).readonly().default([]),
  /** The client's. */
  address: z.string().min(1).max(100).default('127.0.0.1'),
  /** As a peer of router.trustedPeers; left out: what that says of the address. */
  asTrusted: z.boolean().optional(),
});

export const rowRequest = z.strictObject({
  feature: z.string().min(1),
  /** Legacy's; may be left out where the feature has one. */
  table: z.string().min(1).optional(),
  /** Values of the key's columns, in their order. */
  key: z.array(z.string().max(4_000)).min(1).max(64).readonly(),
});

export const auditVerifyQuery = z.object({
  /** `ID:HASH`, as an earlier verification printed it. */
  anchor: z
    .string()
    .regex(/^\d+:[0-9a-f]{64}$/, {
      error: 'is no anchor: write ID:HASH, as an earlier verification printed it',
    })
    .optional(),
});
export const noQuery = z.object({});
export const usageQuery = z.object({ access: z.enum(['read', 'write']).default('write') });
export const diffQuery = z.object({ route: z.string().min(1).optional() });
export const auditQuery = z.object({
  feature: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
