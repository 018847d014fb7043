import { z } from 'zod';
import type { FeatureUsage } from '../../../usage/follow-usage.ts';
import { list, texts } from '../words.ts';

/** Which statements read or write a feature's tables on legacy's server at this time. */
export const usageAnswer = z.object({
  feature: z.string(),
  access: z.enum(['read', 'write']),
  server: z.string(),
  tables: texts,
  /** The time that it is of. */
  withinSeconds: z.number(),
  /** False: the server counts no statements, and only what ran in the moment of a look was seen. */
  counted: z.boolean(),
  /** The one that was run last first. */
  entries: list(
    z.object({
      tables: texts,
      /** Without its values. */
      statement: z.string(),
      executions: z.number().nullable(),
      /** null: it was running when it was looked for. */
      lastSeenSecondsAgo: z.number().nullable(),
      /** True for what banyan itself runs there. */
      own: z.boolean(),
      /** `user@host`, as far as it is known. */
      accounts: texts,
    }),
  ),
  unseen: texts,
}) satisfies z.ZodType<FeatureUsage>;
