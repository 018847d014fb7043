import { z } from 'zod';
import type { FeaturePlan } from '../../../plan/plan-feature.ts';
import { list, stage } from '../words.ts';

/** Where a feature is on its way out of the monolith, and what comes next for it. */
export const planAnswer = z.object({
  feature: z.string(),
  stage,
  /** What control knows to stand between the feature and its next step. */
  faults: list(z.object({ check: z.string(), detail: z.string(), code: z.string(), fix: z.string() })),
  steps: list(
    z.object({
      /** What can be pasted; null: there is nothing to do but wait. */
      command: z.string().nullable(),
      /** `now`: it can be done next; of several all but the last may be left out. */
      standing: z.enum(['done', 'now', 'later']),
      about: z.string(),
    }),
  ),
}) satisfies z.ZodType<FeaturePlan>;
