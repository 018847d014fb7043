import { z } from 'zod';
import type { OrphanReport, TableRepair, TableTakenBack, VerifyReport } from '../../../../mover/move.ts';
import type { RepairResult } from '../../../runner/repair-feature.ts';
import type { ThrottleResult } from '../../../throttle/set-throttle.ts';
import { dryRun, list, texts } from '../words.ts';

export const copyResult = z.object({ feature: z.string(), stage: z.string() });

const orphanReport = z.object({
  key: z.string(),
  rows: z.number().nullable(),
  examples: texts,
}) satisfies z.ZodType<OrphanReport>;

const rowDifference = z.object({
  key: z.record(z.string(), z.string()),
  kind: z.enum(['missing', 'extra', 'changed']),
  columns: z.record(z.string(), z.object({ source: z.string().nullable(), target: z.string().nullable() })),
});

export const verifyResult = z.object({
  rowsCompared: z.number(),
  /** Not compared again, since an earlier look at them still counts. */
  rowsKept: z.number(),
  different: z.number(),
  unsettled: z.number(),
  tables: list(
    z.object({
      table: z.string(),
      rowsCompared: z.number(),
      different: z.number(),
      unsettled: z.number(),
      samples: list(rowDifference),
    }),
  ),
  orphans: list(orphanReport),
}) satisfies z.ZodType<VerifyReport>;

const tableRepair = z.object({
  table: z.string(),
  rowsCompared: z.number(),
  different: z.number(),
}) satisfies z.ZodType<TableRepair>;

const tableTakenBack = z.object({
  table: z.string(),
  rowsCompared: z.number(),
  missing: z.number(),
  extra: z.number(),
  changed: z.number(),
  kept: z.number(),
  examples: list(
    z.object({
      key: z.record(z.string(), z.string()),
      kind: z.enum(['missing', 'extra', 'changed', 'kept']),
    }),
  ),
}) satisfies z.ZodType<TableTakenBack>;

export const repairResult = z.object({
  rowsCompared: z.number(),
  different: z.number(),
  tables: list(tableRepair),
  dryRun: z.boolean(),
  takenBack: z.object({ tables: list(tableTakenBack) }).nullable(),
  verified: verifyResult.nullable(),
}) satisfies z.ZodType<RepairResult>;

/** The share as a fraction, 0 to 1. */
export const throttleSettings = z.object({ workers: z.number(), share: z.number() });

export const throttleResult = z.object({
  feature: z.string(),
  throttle: throttleSettings,
  dryRun,
}) satisfies z.ZodType<ThrottleResult>;
