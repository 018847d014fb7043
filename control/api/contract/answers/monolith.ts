import { z } from 'zod';
import type { MonolithReport } from '../../../monolith/read-monolith.ts';
import { list, side, stage, texts } from '../words.ts';

const standing = {
  /** null: no feature has it. */
  feature: z.string().nullable(),
  stage: stage.nullable(),
};

/** What is left in the monolith, as far as control can see it. */
export const monolithAnswer = z.object({
  /** Legacy's. */
  database: z.string(),
  tables: list(
    z.object({
      table: z.string(),
      /** The server's estimates. */
      rows: z.number(),
      bytes: z.number(),
      ...standing,
    }),
  ),
  routes: list(
    z.object({
      /** Upper case; `ALL` for every method. */
      method: z.string(),
      path: z.string(),
      /** null: control reads no access log. */
      requests: z.number().nullable(),
      ...standing,
    }),
  ),
  /** Of each process of the monolith with seams that is alive. */
  seams: list(
    z.object({
      host: z.string(),
      pid: z.number(),
      feature: z.string(),
      stage,
      /** Whom its calls reach; legacy: they run the monolith's own code still. */
      side,
    }),
  ),
  /** What cannot be seen from there, in sentences. */
  unseen: texts,
}) satisfies z.ZodType<MonolithReport>;
