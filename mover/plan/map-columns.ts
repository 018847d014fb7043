import { type TableSpec, targetTable } from '../move-spec.ts';
import type { TableShape } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';

/** A column of the source that is carried as it is, under the target's name. */
export interface CarriedColumn {
  readonly source: ColumnShape;
  readonly target: ColumnShape;
}

/** A column of the target that gets the value of an SQL expression over the source's row. */
export interface ComputedColumn {
  readonly target: ColumnShape;
  readonly sql: string;
}

/** What becomes of every column of both tables. */
export interface ColumnMap {
  readonly carried: readonly CarriedColumn[];
  readonly computed: readonly ComputedColumn[];
  /** Columns of the source that are to be carried, and the target has none for them. */
  readonly homeless: readonly ColumnShape[];
  /** Columns of the source that no column of the target can be computed back into. */
  readonly lost: readonly ColumnShape[];
  /** Columns of the target that nothing fills. */
  readonly unfilled: readonly ColumnShape[];
  /** Names in the spec that the table has no column for. */
  readonly unknown: readonly { readonly place: string; readonly column: string }[];
}

/** Lays the spec over both tables. Columns that the servers compute are left out, unless the spec speaks of them. Pure. */
export function mapColumns(spec: TableSpec, here: TableShape, there: TableShape): ColumnMap {
  const { columns, rename = {}, set = {}, back = {} } = spec;
  const carried: CarriedColumn[] = [];
  const homeless: ColumnShape[] = [];
  const lost: ColumnShape[] = [];
  for (const source of here.columns.filter((column) => !column.generated)) {
    const comesBack = namedIn(back, source.name) !== undefined;
    const name = namedIn(rename, source.name) ?? source.name;
    const byName = columns ? columns.some((one) => sameName(one, source.name)) : !comesBack;
    if (!byName || namedIn(set, name) !== undefined) {
      if (!comesBack) lost.push(source);
      continue;
    }
    const target = there.columns.find((column) => sameName(column.name, name));
    if (target === undefined) homeless.push(source);
    else carried.push({ source, target });
  }
  const computed = there.columns.flatMap((target) => {
    const sql = namedIn(set, target.name);
    return sql === undefined ? [] : [{ target, sql }];
  });
  const filled = new Set([...carried, ...computed].map(({ target }) => target.name));
  return {
    carried,
    computed,
    homeless,
    lost,
    unfilled: there.columns.filter((column) => !column.generated && !filled.has(column.name)),
    unknown: [
      ...unknown(here, [...(columns ?? []), ...Object.keys(rename), ...Object.keys(back)], spec.table),
      ...unknown(there, [...Object.values(rename), ...Object.keys(set)], targetTable(spec)),
    ],
  };
}

function unknown(shape: TableShape, names: readonly string[], table: string) {
  return names
    .filter((name) => !shape.columns.some((column) => sameName(column.name, name)))
    .map((column) => ({ place: `${shape.database}.${table}`, column }));
}

/** Column names are the same in any case, on both engines. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The value under a column's name. */
export function namedIn(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(record).find(([one]) => sameName(one, name))?.[1];
}

/** Whether the spec says anything but that both sides have the same table. */
export function isMapped({ into, where, intoWhere, columns, rename, set, back }: TableSpec): boolean {
  const says = (part: object | undefined) => part !== undefined && Object.keys(part).length > 0;
  return (
    [into, where, intoWhere, columns].some((part) => part !== undefined) || [rename, set, back].some(says)
  );
}
