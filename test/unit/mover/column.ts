import { type TableShape, uniqueOver } from '../../../mover/shape/table-shape.ts';
import { columnKind } from '../../../mover/sql/column-kind.ts';
import type { ColumnShape } from '../../../mover/sql/column-shape.ts';

/** A column as information_schema would describe it. */
export function column(name: string, dataType: string, rest: Partial<ColumnShape> = {}): ColumnShape {
  return {
    name,
    dataType,
    columnType: dataType,
    kind: columnKind(dataType),
    charset: null,
    collation: null,
    nullable: false,
    generated: false,
    autoIncrement: false,
    ...rest,
  };
}

export function tableShape(columns: readonly ColumnShape[], rest: Partial<TableShape> = {}): TableShape {
  return {
    database: 'shop',
    table: 'products',
    tableType: 'BASE TABLE',
    storageEngine: 'InnoDB',
    columns,
    uniqueIndexes: [uniqueOver('PRIMARY', [columns[0]?.name ?? ''])],
    rowsEstimate: 0,
    ...rest,
  };
}
