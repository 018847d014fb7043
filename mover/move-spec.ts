import type { DatabaseEndpoint } from './sql/database-endpoint.ts';

export type { DatabaseEndpoint };

/**
 * One table on its way. With `table` alone, both sides have the same table. Names are as the databases have them; SQL is
 * over one row of the side named, by its bare column names.
 */
export interface TableSpec {
  /** On the source. */
  readonly table: string;
  /** On the target; the source's name unless given. */
  readonly into?: string;
  /** SQL over the source's row: which rows belong to the move. All unless given. */
  readonly where?: string;
  /** SQL over the target's row: which rows there belong to the move. */
  readonly intoWhere?: string;
  /** The source's columns that are carried by name; unless given, all that neither `set` nor `back` computes. */
  readonly columns?: readonly string[];
  /** The target's name of a carried column, by its name on the source. */
  readonly rename?: Readonly<Record<string, string>>;
  /** By column of the target: its value as SQL over the source's row. */
  readonly set?: Readonly<Record<string, string>>;
  /** By column of the source: its value as SQL over the target's row, for the inverse move. */
  readonly back?: Readonly<Record<string, string>>;
}

/** The tables of one feature, in one direction: forward (legacy → service) or reverse (service → legacy). */
export interface MoveSpec {
  /** `<feature>:forward` or `<feature>:reverse`; names the progress rows on the target. */
  readonly id: string;
  readonly source: DatabaseEndpoint;
  readonly target: DatabaseEndpoint;
  readonly tables: readonly TableSpec[];
  /** The schema for capture logs (on the source's server) and progress (on the target's). Default `banyan`. */
  readonly bookkeepingSchema: string;
}

export function targetTable({ table, into }: TableSpec): string {
  return into ?? table;
}

/** The tables of one side, each once: two may go into one, and one into two. */
export function sideTables({ tables }: Pick<MoveSpec, 'tables'>, side: 'source' | 'target'): string[] {
  return [...new Set(tables.map((table) => (side === 'source' ? table.table : targetTable(table))))];
}

/** The same table on its way back. */
export function inverseTable(spec: TableSpec): TableSpec {
  const { table, into, where, intoWhere, columns, rename = {}, set, back } = spec;
  return {
    table: targetTable(spec),
    ...(into === undefined ? {} : { into: table }),
    ...(intoWhere === undefined ? {} : { where: intoWhere }),
    ...(where === undefined ? {} : { intoWhere: where }),
    ...(columns === undefined ? {} : { columns: columns.map((name) => rename[name] ?? name) }),
    rename: Object.fromEntries(Object.entries(rename).map(([from, to]) => [to, from])),
    ...(back === undefined ? {} : { set: back }),
    ...(set === undefined ? {} : { back: set }),
  };
}
