import { z } from 'zod';
import type { WaitingKeys } from '../../../../mover/move.ts';
import type { GateCheck } from '../../../conductor/gate.ts';
import type { HandoverRehearsal, HandoverResult, LossReport } from '../../../conductor/handover-request.ts';
import type { LossFigures } from '../../../loss/loss-figures.ts';
import { direction, list, texts, time } from '../words.ts';

const gateCheck = z.object({
  check: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  fix: z.string().exactOptional(),
  forced: z.literal(true).exactOptional(),
}) satisfies z.ZodType<GateCheck>;

const waitingKeys = z.object({
  table: z.string(),
  keys: z.number(),
  /** By the clock of the service's server; null: none waits. */
  firstAt: time.nullable(),
  lastAt: time.nullable(),
  /** The first of them. */
  list: list(z.object({ key: z.record(z.string(), z.string()), lastAt: time })),
}) satisfies z.ZodType<WaitingKeys>;

/** Which acknowledged writes legacy lacks. */
export const lossFigures = z.object({
  /** The service's database answers. */
  reached: z.boolean(),
  /** Keys under which legacy lacks a write, at most; null: nobody can tell. */
  keys: z.number().nullable(),
  /** How that is known, or why not. */
  why: z.string(),
  tables: list(waitingKeys),
  /** What control last saw of the log, where it cannot be read now; null: it never looked. */
  lastSeen: z.object({ at: time, entries: z.number(), currentAt: time.nullable() }).nullable(),
}) satisfies z.ZodType<LossFigures>;

const lossReport = lossFigures.extend({
  /** A query of the state store that returns the keys. */
  kept: z.string(),
}) satisfies z.ZodType<LossReport>;

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
  /** Of a rollback with a loss: what legacy lacks. */
  loss: lossReport.exactOptional(),
}) satisfies z.ZodType<HandoverResult>;

/** What a dry run answers. */
export const handoverRehearsal = z.object({
  direction,
  dryRun: z.literal(true),
  wouldBegin: z.boolean(),
  gate: list(gateCheck),
  /** Of a rollback: what legacy lacks at this moment. */
  loss: lossFigures.exactOptional(),
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
  features: list(
    z.object({
      feature: z.string(),
      wouldBegin: z.boolean(),
      gate: list(gateCheck),
      loss: lossFigures.exactOptional(),
    }),
  ),
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
