import { z } from 'zod';
import type { FeatureState, LostService } from '../../../feature/feature-state.ts';
import { acceptedLoss, direction, list, stage, texts, time } from '../words.ts';
import { canaryPlan, guardSettings } from './canary.ts';
import { throttleSettings } from './rows.ts';
import { shadowState } from './shadow.ts';

export const failing = z.object({ code: z.string(), message: z.string(), fix: z.string(), since: time });

export const handoverState = z.object({
  id: z.string(),
  direction,
  phase: z.enum(['undecided', 'aborting', 'decided']),
  holdVersion: z.number(),
  heldAt: time,
  who: z.string(),
  why: z.string(),
  guard: z.object({ settings: guardSettings, watchMs: z.number(), reads: texts }).exactOptional(),
  /** The other features of the same handover. */
  together: texts.exactOptional(),
  /** Of a rollback: how many keys legacy may lack after it. */
  loss: z.object({ accepted: acceptedLoss }).exactOptional(),
});

/** The service that a rollback with a loss has left. */
export const lostService = z.object({
  id: z.string(),
  at: time,
  who: z.string(),
  why: z.string(),
  accepted: acceptedLoss,
  /** Keys under which legacy lacks a write, at most; null: not known. */
  keys: z.number().nullable(),
  /** Legacy has every write from before this moment; null: not known. */
  currentAt: time.nullable(),
  /** The service's database: `host:port/database`. */
  place: z.string(),
  /** Whether its tables are known to refuse writes. */
  closed: z.boolean(),
  /** Whether what moves had put on legacy's tables is gone. */
  cleared: z.boolean(),
}) satisfies z.ZodType<LostService>;

export const verified = z.object({
  at: time,
  rowsCompared: z.number(),
  different: z.number(),
  unsettled: z.number(),
});

export const otherSide = z.enum(['current', 'catching up', 'copying again', 'left behind']);

export const frozen = z.object({ who: z.string(), why: z.string(), since: time });

/** A command that was begun and is not done. */
export const ending = z.object({
  command: z.enum(['finish', 'abandon', 'abandon --clean']),
  who: z.string(),
  why: z.string(),
  since: time,
});

/** All that is kept of one feature. */
export const featureState = z.object({
  feature: z.string(),
  stage,
  since: time,
  paused: z.boolean(),
  otherSide,
  failing: failing.nullable(),
  handover: handoverState.nullable(),
  verified: verified.nullable(),
  readPercents: z.record(z.string(), z.number()),
  readCohorts: z.record(z.string(), texts),
  canaries: list(canaryPlan),
  shadow: shadowState.nullable(),
  throttle: throttleSettings.nullable(),
  frozen: frozen.nullable(),
  lost: lostService.nullable(),
  ending: ending.nullable(),
}) satisfies z.ZodType<FeatureState>;
