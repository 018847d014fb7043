import { z } from 'zod';
import type { GateCheck } from '../../../conductor/gate.ts';
import type { HandoverRehearsal, HandoverResult } from '../../../conductor/handover-request.ts';
import { direction, list, texts } from '../words.ts';

const gateCheck = z.object({
  check: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  fix: z.string().exactOptional(),
  forced: z.literal(true).exactOptional(),
}) satisfies z.ZodType<GateCheck>;

export const handoverResult = z.object({
  direction,
  feature: z.string(),
  stage: z.string(),
  owner: z.string(),
  holdMs: z.number(),
  barrierMs: z.number(),
  fenceToDrainedMs: z.number(),
  version: z.number(),
  /** How often it was taken back before. */
  retries: z.number(),
  /** How long each step took, in their order. */
  steps: list(z.object({ step: z.string(), ms: z.number() })),
}) satisfies z.ZodType<HandoverResult>;

/** What a dry run answers. */
export const handoverRehearsal = z.object({
  direction,
  dryRun: z.literal(true),
  wouldBegin: z.boolean(),
  gate: list(gateCheck),
  steps: texts,
});

export const handoverAnswer = z.union([handoverResult, handoverRehearsal]);

/** Of several features as one. */
export const jointResult = z.object({
  direction,
  /** In the order in which they were named. */
  features: list(handoverResult),
});

export const jointRehearsal = z.object({
  direction,
  dryRun: z.literal(true),
  wouldBegin: z.boolean(),
  features: list(z.object({ feature: z.string(), wouldBegin: z.boolean(), gate: list(gateCheck) })),
  steps: texts,
}) satisfies z.ZodType<HandoverRehearsal>;

export const jointAnswer = z.union([jointRehearsal, jointResult]);

/** What came of taking a handover back by hand. */
export const abortResult = z.object({
  feature: z.string(),
  /** `decided`: it was too late. */
  outcome: z.enum(['taken back', 'decided']),
  stage: z.string(),
});
