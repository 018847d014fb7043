import { z } from 'zod';
import type { FeatureState } from '../../../feature/feature-state.ts';
import { direction, list, stage, texts, time } from '../words.ts';
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
});

export const verified = z.object({
  at: time,
  rowsCompared: z.number(),
  different: z.number(),
  unsettled: z.number(),
});

export const otherSide = z.enum(['current', 'catching up', 'copying again', 'left behind']);

export const frozen = z.object({ who: z.string(), why: z.string(), since: time });

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
}) satisfies z.ZodType<FeatureState>;
