import type { ColumnKind } from './column-kind.ts';

/** What the mover knows of one column: enough to write any of its values as SQL. */
export interface ColumnShape {
  readonly name: string;
  /** `int`, `varchar`, … */
  readonly dataType: string;
  /** In full: `int(10) unsigned`, `enum('a','b')`. */
  readonly columnType: string;
  readonly kind: ColumnKind;
  readonly charset: string | null;
  readonly collation: string | null;
  readonly nullable: boolean;
  /** Computed by the server: never copied. */
  readonly generated: boolean;
  readonly autoIncrement: boolean;
}
