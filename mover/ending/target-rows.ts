import type { Fault } from '../../common/errors.ts';
import { readDeferred } from '../copy/deferred-indexes.ts';
import type { MoveContext } from '../move-context.ts';
import { type MoveSpec, sideTables } from '../move-spec.ts';
import type { KeyRange } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import { readTablePlan } from '../plan/read-table-plan.ts';
import { rowsOfScan } from '../plan/side-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { readForeignKeys } from '../shape/foreign-key.ts';
import { quoteName, quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import type { EndingStep } from './ending-plan.ts';

/** Rows deleted by one transaction. */
const rowsAtOnce = 2_000;

/** The copied rows, and the counters that a copy and its cutovers have lifted: of tables that are empty then. */
export async function rowsSteps(source: Session, target: Session, spec: MoveSpec): Promise<EndingStep[]> {
  const steps: EndingStep[] = [];
  for (const table of spec.tables) {
    const plan = await readTablePlan(source, target, spec, table);
    const [row] = await target.rows(`${plan.target.selectValues(['1'], 'TRUE')} LIMIT 1`);
    if (row === undefined) continue;
    steps.push({
      side: 'target',
      part: 'rows',
      sql: plan.target.delete('TRUE'),
      about: `the copied rows, ${rowsAtOnce.toLocaleString('en')} at a time by key`,
      rowsOf: plan.name,
    });
  }
  for (const { sql } of await readDeferred(target, spec)) {
    if (sql === '') continue;
    steps.push({
      ...{ side: 'target', part: 'rows', sql },
      about: 'indexes that were left for after the copy',
    });
  }
  const counters = await target.texts(
    `SELECT TABLE_NAME FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${quoteText(spec.target.database)} AND AUTO_INCREMENT > 1`,
  );
  const lifted = new Set(counters.map(([name]) => name ?? ''));
  for (const table of sideTables(spec, 'target')) {
    if (!lifted.has(table) || !(await isEmptied(source, target, spec, table))) continue;
    steps.push({
      side: 'target',
      part: 'rows',
      sql: `ALTER TABLE ${quoteTable(spec.target.database, table)} AUTO_INCREMENT = 1`,
      about: 'its counter, as in a new table',
      alone: true,
    });
  }
  return steps;
}

/** Whether the table holds no row but the move's. */
async function isEmptied(source: Session, target: Session, spec: MoveSpec, table: string): Promise<boolean> {
  const scopes: string[] = [];
  for (const one of spec.tables) {
    if ((one.into ?? one.table) !== table) continue;
    scopes.push((await readTablePlan(source, target, spec, one)).target.scope);
  }
  const [other] = await target.rows(
    `SELECT 1 FROM ${quoteTable(spec.target.database, table)}
      WHERE NOT COALESCE(${scopes.map((scope) => `(${scope})`).join(' OR ')}, FALSE) LIMIT 1`,
  );
  return other === undefined;
}

/** Rows of other tables there that name copied rows: they would name nothing. */
export async function rowsFaults(target: Session, spec: MoveSpec): Promise<Fault[]> {
  const { database } = spec.target;
  const tables = sideTables(spec, 'target');
  const faults: Fault[] = [];
  for (const key of await readForeignKeys(target, database)) {
    const inside = key.database === database && tables.includes(key.child);
    if (inside || key.parentDatabase !== database || !tables.includes(key.parent)) continue;
    const child = quoteTable(key.database, key.child);
    const set = key.columns.map((column) => `${quoteName(column)} IS NOT NULL`).join(' AND ');
    const [row] = await target.rows(`SELECT 1 FROM ${child} WHERE ${set} LIMIT 1`);
    if (row === undefined) continue;
    faults.push({
      code: 'BANYAN_ROWS_REFERENCED',
      what: `rows of ${key.database}.${key.child} name rows of ${key.parent} that would be deleted (foreign key ${key.name})`,
      fix: `Delete them first, or set these columns to NULL: ${key.columns.join(', ')}.`,
    });
  }
  return faults;
}

/** Deletes one table's copied rows, behind the fence and under the mover's epoch, piece by piece. */
export async function deleteRows(
  context: MoveContext,
  plan: TablePlan,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  let within: KeyRange = { after: null, upTo: null };
  for (;;) {
    signal.throwIfAborted();
    const piece = await nextChunk(
      session,
      plan.target,
      within,
      plan.target.scanned ? rowsOfScan : rowsAtOnce,
    );
    await context.guarded(session, () => session.run(plan.target.delete(plan.target.range(piece))));
    await context.points.reach('ending:rows-deleted', { table: plan.name });
    if (piece.upTo === null) return;
    within = { after: piece.upTo, upTo: null };
  }
}
