import { BanyanError } from '../../common/errors.ts';
import type { MoveSpec, TableSpec } from '../move-spec.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import { readTablePlan } from '../plan/read-table-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { findKeys } from '../repair/find-keys.ts';
import { Session } from '../sql/session.ts';
import { equalValues } from '../verify/equal-values.ts';
import { nameKey } from '../verify/name-key.ts';
import { equalRow, pairRows, type RowPair } from '../verify/pair-rows.ts';
import { printable } from '../verify/printable.ts';
import { rowsByKey } from '../verify/rows-by-key.ts';

/** One column's value on both sides, for people; null is SQL's NULL. Columns have the names of the move's source. */
export interface LookedAtColumn {
  readonly name: string;
  readonly source: string | null;
  readonly target: string | null;
  readonly equal: boolean;
}

/** A row as it is on both sides of a move at about the same time. */
export interface LookedAtRow {
  readonly table: string;
  /** Key columns and their values. */
  readonly key: Readonly<Record<string, string>>;
  /** Which sides have it. */
  readonly on: { readonly source: boolean; readonly target: boolean };
  readonly equal: boolean;
  /** Without values for a side that does not have the row. */
  readonly columns: readonly LookedAtColumn[];
}

/**
 * Reads the rows of one key on both sides; the columns of a key in their order. More than one where the sides spell the key
 * otherwise, none where neither side has it. Changes nothing.
 *
 * @param table may be left out where the move has one only
 * @throws BanyanError BANYAN_TABLE_UNKNOWN, BANYAN_KEY_UNREADABLE
 */
export async function lookAtRow(
  spec: MoveSpec,
  table: string | undefined,
  key: readonly string[],
): Promise<LookedAtRow[]> {
  const source = await Session.open({ endpoint: spec.source, lockWaitSeconds: 5 });
  try {
    const target = await Session.open({ endpoint: spec.target, lockWaitSeconds: 5 });
    try {
      const plan = await readTablePlan(source, target, spec, chosen(spec, table));
      const keys = await findKeys(plan, source, target, [key]);
      if (keys.length === 0) return [];
      const [here, there] = await Promise.all([
        rowsByKey(source, plan.source, keys),
        rowsByKey(target, plan.target, keys),
      ]);
      const enginesDiffer = source.engine !== target.engine;
      return keys.flatMap((one) => {
        const [rowsHere, rowsThere] = [here, there].map((rows) => rows.get(keyId(one)) ?? []);
        const pairs = pairRows(rowsHere ?? [], rowsThere ?? [], equalRow(plan, enginesDiffer));
        return pairs.map((pair) => lookedAt(plan, one, pair, enginesDiffer));
      });
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

function chosen({ id, tables }: MoveSpec, table: string | undefined): TableSpec {
  const found =
    table === undefined && tables.length === 1 ? tables : tables.filter((one) => one.table === table);
  const [only] = found;
  if (only !== undefined) return only;
  throw new BanyanError(
    'BANYAN_TABLE_UNKNOWN',
    table === undefined ? `${id} moves ${tables.length} tables` : `${id} moves no table ${table}`,
    { fix: `Name one of: ${tables.map((one) => one.table).join(', ')}.` },
  );
}

function lookedAt(
  plan: TablePlan,
  key: KeyValues,
  { source: here, target: there }: RowPair,
  enginesDiffer: boolean,
): LookedAtRow {
  const columns = plan.source.columns.map(({ name, shape }, index): LookedAtColumn => {
    const [a, b] = [here?.[index] ?? null, there?.[index] ?? null];
    return {
      ...{ name, source: printable(shape, a), target: printable(shape, b) },
      equal: here !== null && there !== null && equalValues(shape, a, b, enginesDiffer),
    };
  });
  return {
    table: plan.name,
    key: nameKey(plan, key),
    on: { source: here !== null, target: there !== null },
    equal: columns.every(({ equal }) => equal),
    columns,
  };
}
