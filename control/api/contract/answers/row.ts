import { z } from 'zod';
import type { RowReport } from '../../../row/look-at-feature-row.ts';
import { list } from '../words.ts';

/** The rows of one key: none where neither side has it, more than one where the sides spell the key otherwise. */
export const rowAnswer = z.object({
  feature: z.string(),
  rows: list(
    z.object({
      table: z.string(),
      /** Key columns and their values. */
      key: z.record(z.string(), z.string()),
      on: z.object({ legacy: z.boolean(), service: z.boolean() }),
      equal: z.boolean(),
      /** Values for people; null is SQL's NULL, or of a side that does not have the row. */
      columns: list(
        z.object({
          name: z.string(),
          legacy: z.string().nullable(),
          service: z.string().nullable(),
          equal: z.boolean(),
        }),
      ),
    }),
  ),
}) satisfies z.ZodType<RowReport>;
