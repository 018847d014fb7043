import { z } from 'zod';
import type { EndingReport } from '../../../ending/index.ts';
import { fault, list, side } from '../words.ts';

const statement = z.object({ at: side, sql: z.string(), about: z.string() });

/** What ends a feature's moves: done, or in a dry run to be done. */
export const endingReport = z.object({
  feature: z.string(),
  stage: z.string(),
  dryRun: z.boolean(),
  statements: list(statement),
  faults: list(fault),
  notes: list(fault),
  left: list(statement),
}) satisfies z.ZodType<EndingReport>;
