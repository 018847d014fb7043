import type { DirtyLog } from '../apply/dirty-log.ts';
import { nextChunk } from '../copy/chunk.ts';
import type { RowDifference, TableVerification, VerifyProgress, VerifyReport } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import { type KeyRange, type KeyValues, wholeTable } from '../shape/key-range.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { findSuspects, type TwoSides } from './find-suspects.ts';
import { settle } from './settle.ts';

/** Suspects gathered before they are looked at again: most are dirty rows, which settle meanwhile. */
const suspectsAtOnce = 5_000;

export interface VerifyTablesOptions {
  readonly context: MoveContext;
  readonly tables: readonly { readonly table: MovedTable; readonly log: DirtyLog }[];
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: VerifyProgress) => void;
}

/** Compares every row of every table on both servers, while writes go on. Needs the applier running, or an empty log. */
export async function verifyTables(options: VerifyTablesOptions): Promise<VerifyReport> {
  const tables: TableVerification[] = [];
  for (const one of options.tables) tables.push(await verifyTable(options, one.table, one.log));
  return total(tables);
}

function total(tables: readonly TableVerification[]): VerifyReport {
  const sum = (count: (table: TableVerification) => number) =>
    tables.reduce((sofar, table) => sofar + count(table), 0);
  return {
    tables,
    rowsCompared: sum((table) => table.rowsCompared),
    different: sum((table) => table.different),
    unsettled: sum((table) => table.unsettled),
  };
}

/** Compares the rows of the given keys only. For the moment under the fence, when the log is empty: nothing is dirty then. */
export async function verifyKeys(
  options: Omit<VerifyTablesOptions, 'tables' | 'onProgress'>,
  tables: readonly {
    readonly table: MovedTable;
    readonly log: DirtyLog;
    readonly keys: readonly KeyValues[];
  }[],
): Promise<VerifyReport> {
  const { context, source, target, signal } = options;
  const verified: TableVerification[] = [];
  for (const { table, log, keys } of tables) {
    const settled = await settle(keys, {
      table,
      log,
      source,
      target,
      targetDatabase: context.spec.target.database,
      enginesDiffer: source.engine !== target.engine,
      // A row that is equal is done at the first look; one that is not gets the few that make it a fault.
      patienceMs: 300,
      samples: context.tuning.verifySamples,
      signal,
    });
    verified.push({ table: table.table, rowsCompared: keys.length, ...settled });
  }
  return total(verified);
}

async function verifyTable(
  options: VerifyTablesOptions,
  table: MovedTable,
  log: DirtyLog,
): Promise<TableVerification> {
  const { context, source, target, signal, onProgress } = options;
  const { spec, tuning } = context;
  const sides: TwoSides = {
    table,
    source,
    target,
    sourceDatabase: spec.source.database,
    targetDatabase: spec.target.database,
    enginesDiffer: source.engine !== target.engine,
  };
  const estimated = await estimate(source, table);
  let suspects: KeyValues[] = [];
  let rowsCompared = 0;
  let different = 0;
  let unsettled = 0;
  const samples: RowDifference[] = [];
  const settleSuspects = async () => {
    const settled = await settle(suspects, {
      ...sides,
      log,
      patienceMs: tuning.verifyPatienceMs,
      samples: tuning.verifySamples - samples.length,
      signal,
    });
    different += settled.different;
    unsettled += settled.unsettled;
    samples.push(...settled.samples);
    suspects = [];
  };
  for (let rest: KeyRange | null = wholeTable; rest !== null; ) {
    signal.throwIfAborted();
    const chunk: KeyRange = await nextChunk(
      source,
      spec.source.database,
      table,
      rest,
      tuning.verifyChunkRows,
    );
    const found = await findSuspects(sides, chunk);
    await context.points.reach('verify:chunk-compared', {
      table: table.table,
      suspects: found.suspects.length,
    });
    rowsCompared += found.rows;
    suspects.push(...found.suspects);
    if (suspects.length >= suspectsAtOnce) await settleSuspects();
    onProgress({
      table: table.table,
      rowsCompared,
      rowsTotalEstimate: Math.max(estimated, rowsCompared),
      different,
    });
    rest = chunk.upTo === null ? null : { after: chunk.upTo, upTo: null };
  }
  await settleSuspects();
  onProgress({ table: table.table, rowsCompared, rowsTotalEstimate: rowsCompared, different });
  return { table: table.table, rowsCompared, different, unsettled, samples };
}

async function estimate(source: Session, table: MovedTable): Promise<number> {
  const [row] = await source.texts(`SELECT TABLE_ROWS FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = ${quoteText(table.database)} AND TABLE_NAME = ${quoteText(table.table)}`);
  return Number(row?.[0] ?? 0);
}
