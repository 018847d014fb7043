import type { EngineKind } from '../sql/session.ts';
import type { SqlToken } from './sql-tokens.ts';

/** An SQL expression as tokens; each engine has its own spelling. */
export type Expression = readonly SqlToken[];

export interface ColumnDefault {
  /** A literal, or something that is computed for each row. */
  readonly kind: 'literal' | 'expression';
  /** Without brackets around the whole. */
  readonly value: Expression;
}

export interface ColumnDefinition {
  readonly name: string;
  /** In lower case: `varchar`, `int`. */
  readonly type: string;
  /** With its brackets: `(10,2)`, `('a','b')`; empty where there are none. */
  readonly typeArguments: string;
  readonly unsigned: boolean;
  readonly zerofill: boolean;
  /** Null for what is no text. */
  readonly charset: string | null;
  readonly collation: string | null;
  readonly nullable: boolean;
  readonly default: ColumnDefault | null;
  readonly onUpdate: Expression | null;
  readonly autoIncrement: boolean;
  readonly generated: { readonly expression: Expression; readonly stored: boolean } | null;
  /** A bound of a versioned table's period, kept by the server. */
  readonly rowBound: boolean;
  readonly invisible: boolean;
  readonly check: Expression | null;
  readonly srid: number | null;
  /** As a quoted literal; empty where there is none. */
  readonly comment: string;
  /** How the server is to store it: no client can tell. */
  readonly storage: readonly string[];
}

export interface IndexPart {
  /** Null for an expression. */
  readonly column: string | null;
  readonly expression: Expression | null;
  /** Characters (bytes of binary columns) that are indexed; null for all. */
  readonly length: number | null;
  readonly descending: boolean;
}

export interface IndexDefinition {
  readonly kind: 'primary' | 'unique' | 'plain' | 'fulltext' | 'spatial';
  readonly name: string;
  readonly parts: readonly IndexPart[];
  /** Kept up, but not used for reading. */
  readonly invisible: boolean;
  readonly parser: string | null;
  /** MariaDB: unique over values too long for a tree. */
  readonly hash: boolean;
  /** The period whose spans may not meet (MariaDB); null for an ordinary index. */
  readonly withoutOverlaps: string | null;
  readonly comment: string;
}

export interface ForeignKeyDefinition {
  readonly name: string;
  readonly columns: readonly string[];
  /** Null where the parent is in the same database. */
  readonly parentDatabase: string | null;
  readonly parent: string;
  readonly parentColumns: readonly string[];
  /** `ON DELETE CASCADE …` as it stands, or empty. */
  readonly actions: string;
}

export interface CheckDefinition {
  readonly name: string;
  readonly expression: Expression;
  readonly enforced: boolean;
}

export interface PeriodDefinition {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface TableOption {
  /** In upper case. */
  readonly name: string;
  readonly value: string;
}

/** One table as its server would make it again. */
export interface TableDefinition {
  readonly engine: EngineKind;
  readonly database: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  readonly indexes: readonly IndexDefinition[];
  readonly foreignKeys: readonly ForeignKeyDefinition[];
  readonly checks: readonly CheckDefinition[];
  /** The application's own and `SYSTEM_TIME` (MariaDB). */
  readonly periods: readonly PeriodDefinition[];
  readonly versioned: boolean;
  readonly storageEngine: string;
  readonly charset: string;
  readonly collation: string;
  readonly comment: string;
  readonly options: readonly TableOption[];
  readonly partitioning: Expression;
}
