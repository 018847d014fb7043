import { z } from 'zod';
import { differenceKinds } from '../../../../router/shadow/compare/difference.ts';
import { compareSettingsSchema } from '../../../../router/shadow/compare/index.ts';
import { sandboxSchema } from '../../../../router/shadow/shadow-routing.ts';
import { omissions } from '../../../../router/shadow/tally/shadow-tally.ts';
import type { IgnoreRule } from '../../../diff/ignore-rule.ts';
import type { JudgedRoute } from '../../../diff/judge-differences.ts';
import type { DiffReport } from '../../../shadow/judge-shadow.ts';
import type { ShadowResult } from '../../../shadow/set-shadow.ts';
import type { ShadowState, SignOff } from '../../../shadow/shadow-state.ts';
import { dryRun, list, texts, time } from '../words.ts';

const ignoreRule = z.object({
  route: z.string().nullable(),
  path: z.string(),
  kind: z.string().nullable(),
  who: z.string(),
  why: z.string(),
  at: time,
}) satisfies z.ZodType<IgnoreRule>;

export const signOff = z.object({
  run: z.string(),
  at: time,
  who: z.string(),
  why: z.string(),
  compared: z.number(),
}) satisfies z.ZodType<SignOff>;

export const shadowState = z.object({
  run: z.string(),
  since: time,
  percent: z.number(),
  repeatPercent: z.number(),
  routes: texts.nullable(),
  sandbox: sandboxSchema.nullable(),
  compare: compareSettingsSchema,
  ignore: list(ignoreRule),
  signedOff: signOff.nullable(),
}) satisfies z.ZodType<ShadowState>;

export const shadowResult = z.object({
  version: z.number(),
  shadow: shadowState,
  dryRun,
}) satisfies z.ZodType<ShadowResult>;

export const ignoreResult = z.object({ ignore: list(ignoreRule) });

const judgedPath = z.object({
  path: z.string(),
  kind: z.enum(differenceKinds),
  verdict: z.enum(['different', 'noise', 'behind', 'undecided', 'ignored']),
  differed: z.number(),
  persisted: z.number(),
  wavered: z.number(),
  settled: z.number(),
  noise: z.number(),
  share: z.number(),
  noiseShare: z.number().nullable(),
  confidence: z.number(),
  ignored: ignoreRule.nullable(),
  samples: list(
    z.object({
      /** The router's clock. */
      at: time,
      requestId: z.string(),
      request: z.string(),
      legacy: z.string().nullable(),
      service: z.string().nullable(),
      persisted: z.boolean(),
    }),
  ),
});

const judgedRoute = z.object({
  route: z.string(),
  compared: z.number(),
  differing: z.number(),
  repeated: z.number(),
  omitted: z.partialRecord(z.enum(omissions), z.number()),
  crowded: z.number(),
  tooFew: z.boolean(),
  paths: list(judgedPath),
}) satisfies z.ZodType<JudgedRoute>;

export const diffReport = z.object({
  feature: z.string(),
  shadow: shadowState.nullable(),
  compared: z.number(),
  different: z.number(),
  undecided: z.number(),
  falseDiscoveryBound: z.number(),
  routes: list(judgedRoute),
}) satisfies z.ZodType<DiffReport>;
