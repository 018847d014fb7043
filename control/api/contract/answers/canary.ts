import { z } from 'zod';
import type { CanaryPlan } from '../../../canary/canary-plan.ts';
import type { PlanDescription } from '../../../canary/describe-plan.ts';
import type { CanaryResult } from '../../../canary/set-canary.ts';
import type { CohortsResult } from '../../../canary/set-cohorts.ts';
import type { GuardSettings } from '../../../guard/guard-settings.ts';
import type { PlanGuard } from '../../../guard/plan-guard.ts';
import { dryRun, list, texts, time } from '../words.ts';

const percents = z.record(z.string(), z.number());

export const guardSettings = z.object({
  action: z.enum(['freeze', 'step-back', 'rollback']),
  webhook: z.string().nullable(),
  falseAlarms: z.number(),
  minimumRequests: z.number(),
  toleratedOdds: z.number(),
  negligibleErrors: z.number(),
  negligibleMismatches: z.number(),
}) satisfies z.ZodType<GuardSettings>;

const breach = z.object({
  measure: z.enum(['errors', 'p50', 'p95', 'mismatches']),
  route: z.string(),
  what: z.string(),
  pValue: z.number(),
});

const planGuard = z.object({
  after: z.literal('cutover').exactOptional(),
  together: texts.exactOptional(),
  settings: guardSettings,
  breachedAt: time.nullable(),
  breaches: list(breach),
}) satisfies z.ZodType<PlanGuard>;

const comingStep = z.object({ percent: z.number(), at: time.nullable() });

/** A canary's plan as people and programs are told of it. */
export const planDescription = z.object({
  id: z.string(),
  who: z.string(),
  why: z.string(),
  startedAt: time,
  routes: texts,
  ramp: list(z.number()),
  everyMs: z.number().nullable(),
  percent: z.number(),
  next: comingStep.nullable(),
  coming: list(comingStep),
  until: time.nullable(),
  revertsTo: percents.nullable(),
  guard: planGuard.nullable(),
  watchedUntil: time.nullable(),
  frozen: z
    .object({ since: time, because: z.enum(['paused', 'failing', 'frozen', 'transition', 'breach']) })
    .nullable(),
}) satisfies z.ZodType<PlanDescription>;

/** The same as it is kept. */
export const canaryPlan = z.object({
  id: z.string(),
  who: z.string(),
  why: z.string(),
  startedAt: time,
  ramp: list(z.number()),
  step: z.number(),
  everyMs: z.number().nullable(),
  nextAt: time.nullable(),
  until: time.nullable(),
  frozenAt: time.nullable(),
  before: z.record(z.string(), z.number().nullable()),
  guard: planGuard.nullable().exactOptional(),
}) satisfies z.ZodType<CanaryPlan>;

export const canaryResult = z.object({
  version: z.number(),
  routes: percents,
  plan: planDescription.nullable(),
  replaced: list(planDescription),
  dryRun,
}) satisfies z.ZodType<CanaryResult>;

export const cohortsResult = z.object({
  version: z.number(),
  cohorts: texts,
  routes: texts,
  dryRun,
}) satisfies z.ZodType<CohortsResult>;
