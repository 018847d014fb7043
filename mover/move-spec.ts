import type { DatabaseEndpoint } from '../common/database-endpoint.ts';

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
  /**
   * The table has no key: a change names all rows that are equal to the one that changed, and these are carried together. Both sides have the same
   * table then, without a mapping.
   */
  readonly key?: 'all columns';
  /** With `key`: NOT NULL columns with which an index of both sides begins, so that rows are found by it. */
  readonly by?: readonly string[];
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

/** By triggers on the tables, or by reading the server's binary log. */
export type CaptureKind = 'triggers' | 'binlog';

/** Foreign keys between tables that move and tables that stay, which may cross the edge on the user's word. */
export interface Sever {
  /** Where the tables are that stay: legacy's side. */
  readonly side: 'source' | 'target';
  /** `child table.column`, as that side has them; columns of one key joined by commas. */
  readonly keys: readonly string[];
}

/** Beside the two servers, what a copy is slowed down for. */
export interface Room {
  /** Replicas of either server; each has banyan's schema by replication. */
  readonly replicas: readonly DatabaseEndpoint[];
  /** Milliseconds; 10,000 unless given. */
  readonly maxReplicaLagMs?: number;
  /** On the disk of the target's server, where that can be seen from here; 256 MiB unless given. */
  readonly minFreeBytes?: number;
}

/** The tables of one feature, in one direction: forward (legacy → service) or reverse (service → legacy). */
/** `large`: where that takes less time, and leaves SHOW CREATE TABLE as it was; see `MoveTuning.deferIndexesRows`. */
export type DeferIndexes = boolean | 'large';

export interface MoveSpec {
  /** `<feature>:forward` or `<feature>:reverse`; names the progress rows on the target. */
  readonly id: string;
  readonly source: DatabaseEndpoint;
  readonly target: DatabaseEndpoint;
  readonly tables: readonly TableSpec[];
  /** How changes on the source are noted; triggers unless given. */
  readonly capture?: CaptureKind;
  /** How changes on the target are noted once it owns the rows. */
  readonly captureBack?: CaptureKind;
  readonly sever?: Sever;
  /** `carry`: the application's own triggers are made on the target as well, where they touch moved tables only. */
  readonly triggers?: 'keep' | 'carry';
  /** `accept`: what engines of two kinds compute differently is no difference. */
  readonly generated?: 'compare' | 'accept';
  /** `current`: of system-versioned tables the current rows are carried, and their history stays where it is. */
  readonly versioned?: 'refuse' | 'current';
  /** Secondary indexes of the target are made after the copy: of every table, or of large ones; of none where it is left out. */
  readonly deferIndexes?: DeferIndexes;
  /** Rows will never be carried back: a mapping need have no inverse. */
  readonly oneWay?: boolean;
  readonly room?: Room;
  /** Every change is told to a feed as well: docs/feed.md. `service`: whose rows it tells. */
  readonly feed?: { readonly service: 'source' | 'target' };
  /** The schema for capture logs (on the source's server) and progress (on the target's). Default `banyan`. */
  readonly bookkeepingSchema: string;
}

export function targetTable({ table, into }: TableSpec): string {
  return into ?? table;
}

/** How changes of one side's tables are noted while it owns the rows. */
export function capturedBy(
  { capture, captureBack }: Pick<MoveSpec, 'capture' | 'captureBack'>,
  side: 'source' | 'target',
): CaptureKind {
  return (side === 'source' ? capture : captureBack) ?? 'triggers';
}

/** The tables of one side, each once: two may go into one, and one into two. */
export function sideTables({ tables }: Pick<MoveSpec, 'tables'>, side: 'source' | 'target'): string[] {
  return [...new Set(tables.map((table) => (side === 'source' ? table.table : targetTable(table))))];
}

/** The table as it would move without a mapping. */
export function unmapped({ table, key, by }: TableSpec): TableSpec {
  return { table, ...(key && { key }), ...(by && { by }) };
}

/** The same table on its way back. */
export function inverseTable(spec: TableSpec): TableSpec {
  const { table, into, key, by, where, intoWhere, columns, rename = {}, set, back } = spec;
  return {
    table: targetTable(spec),
    ...(key === undefined ? {} : { key }),
    ...(by === undefined ? {} : { by }),
    ...(into === undefined ? {} : { into: table }),
    ...(intoWhere === undefined ? {} : { where: intoWhere }),
    ...(where === undefined ? {} : { intoWhere: where }),
    ...(columns === undefined ? {} : { columns: columns.map((name) => rename[name] ?? name) }),
    rename: Object.fromEntries(Object.entries(rename).map(([from, to]) => [to, from])),
    ...(back === undefined ? {} : { set: back }),
    ...(set === undefined ? {} : { back: set }),
  };
}
