import { z } from 'zod';
import type { ReloadReport } from '../../../reload/reload-control.ts';
import { fault, list, texts } from '../words.ts';

/** What a reload changed, or in a dry run would change. */
export const reloadReport = z.object({
  file: z.string(),
  dryRun: z.boolean(),
  changes: list(
    z.object({
      path: z.string(),
      /** As text, without secrets; null: it is not there. */
      from: z.string().nullable(),
      to: z.string().nullable(),
      effect: z.enum(['now', 'restart', 'routers']),
    }),
  ),
  faults: list(fault),
  behind: texts,
}) satisfies z.ZodType<ReloadReport>;
