import { setTimeout as wait } from 'node:timers/promises';
import type { DirtyLog } from '../apply/dirty-log.ts';
import type { RowDifference } from '../move.ts';
import { type KeyValues, keyId, keysCondition } from '../shape/key-range.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import { quoteTable } from '../sql/names.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { selectList } from '../sql/write-rows.ts';
import { describeDifference } from './describe-difference.ts';
import { equalValues } from './equal-values.ts';

const keysInOneLook = 200;
const betweenLooksMs = 25;
/** So many looks in a row must show the same two rows, clean, before the difference is a fault. */
const looksNeeded = 3;

export interface SettleOptions {
  readonly table: MovedTable;
  readonly log: DirtyLog;
  readonly source: Session;
  readonly target: Session;
  readonly targetDatabase: string;
  readonly enginesDiffer: boolean;
  readonly patienceMs: number;
  readonly samples: number;
  readonly signal: AbortSignal;
}

export interface Settled {
  readonly different: number;
  readonly unsettled: number;
  readonly samples: readonly RowDifference[];
}

interface Suspect {
  readonly key: KeyValues;
  looks: number;
  seen: string;
}

/**
 * Looks again at rows that differed, until each is equal, or differs while clean.
 *
 * A single look proves nothing: the row may change and be applied between the reads of the two sides. But if a look finds the
 * source row as it was in an earlier look, and the key was clean at the end of that earlier look, then whatever the
 * earlier look read had been applied by then (an entry goes only after its target commit), and the target row must show it.
 */
export async function settle(keys: readonly KeyValues[], options: SettleOptions): Promise<Settled> {
  const { table, enginesDiffer, patienceMs, signal } = options;
  const suspects = new Map<string, Suspect>(keys.map((key) => [keyId(key), { key, looks: 0, seen: '' }]));
  const samples: RowDifference[] = [];
  let different = 0;
  const deadline = performance.now() + patienceMs;
  while (suspects.size > 0) {
    signal.throwIfAborted();
    for (const batch of batches([...suspects.values()])) {
      const look = await lookAt(
        batch.map((suspect) => suspect.key),
        options,
      );
      for (const suspect of batch) {
        const id = keyId(suspect.key);
        const source = look.source.get(id) ?? null;
        const target = look.target.get(id) ?? null;
        if (equalRows(table, source, target, enginesDiffer)) {
          suspects.delete(id);
          continue;
        }
        const seen = look.dirty.has(id) || look.dirty.has('*') ? '' : `${rowId(source)}|${rowId(target)}`;
        suspect.looks = seen !== '' && seen === suspect.seen ? suspect.looks + 1 : seen === '' ? 0 : 1;
        suspect.seen = seen;
        if (suspect.looks < looksNeeded) continue;
        suspects.delete(id);
        different += 1;
        if (samples.length < options.samples) {
          samples.push(describeDifference(table, suspect.key, source, target, enginesDiffer));
        }
      }
    }
    const wavering = [...suspects.values()].some((suspect) => suspect.looks > 0);
    if (performance.now() >= deadline && !wavering) break;
    if (performance.now() >= deadline + patienceMs) break;
    if (suspects.size > 0) await wait(betweenLooksMs, undefined, { signal });
  }
  return { different, unsettled: suspects.size, samples };
}

interface Look {
  readonly source: ReadonlyMap<string, RawRow>;
  readonly target: ReadonlyMap<string, RawRow>;
  /** Keys in the log after both reads; `*` when a logged key equals one of ours only by collation. */
  readonly dirty: ReadonlySet<string>;
}

async function lookAt(keys: readonly KeyValues[], options: SettleOptions): Promise<Look> {
  const { table, log, source, target, targetDatabase } = options;
  const where = keysCondition(table.key, keys);
  const select = (database: string) =>
    `SELECT ${selectList(table)} FROM ${quoteTable(database, table.table)} WHERE ${where}`;
  const there = await target.rows(select(targetDatabase));
  const here = await source.rows(select(table.database));
  const ours = new Set(keys.map(keyId));
  const logged = await log.keysIn(source, (naming) => keysCondition(table.key, keys, naming));
  const dirty = logged.map(keyId).map((id) => (ours.has(id) ? id : '*'));
  return { source: byKey(table, here), target: byKey(table, there), dirty: new Set(dirty) };
}

export function byKey(table: MovedTable, rows: readonly RawRow[]): Map<string, RawRow> {
  return new Map(rows.map((row) => [keyId(keyOf(table, row)), row]));
}

export function keyOf(table: MovedTable, row: RawRow): KeyValues {
  return table.key.map((column) => row[table.columns.findIndex((one) => one.name === column.name)] ?? null);
}

function equalRows(table: MovedTable, a: RawRow | null, b: RawRow | null, enginesDiffer: boolean): boolean {
  if (a === null || b === null) return a === b;
  return table.columns.every((column, index) => equalValues(column, a[index], b[index], enginesDiffer));
}

function rowId(row: RawRow | null): string {
  return row === null ? '-' : row.map((value) => value?.toString('base64') ?? '-').join(',');
}

function* batches(suspects: readonly Suspect[]): Generator<readonly Suspect[]> {
  for (let start = 0; start < suspects.length; start += keysInOneLook) {
    yield suspects.slice(start, start + keysInOneLook);
  }
}
