import type { ColumnShape } from '../sql/column-shape.ts';
import { type TableShape, wholeColumns } from './table-shape.ts';

/** A unique index over nothing but the key's columns. */
export interface ChosenKey {
  readonly index: string;
  /** In index order. */
  readonly columns: readonly ColumnShape[];
}

/**
 * By which the table's rows are told apart and ordered: the primary key, or else the first unique index whose columns are all NOT NULL,
 * whole, not generated and of a type with one order in SQL; one without columns that go by their numbers is preferred. Null if there is
 * none.
 */
export function chooseIndex(shape: TableShape): ChosenKey | null {
  return firstKey(shape, canBeKey) ?? firstKey(shape, (column) => canBeKey(column) || goesByNumber(column));
}

/** The columns of `chooseIndex`. */
export function chooseKey(shape: TableShape): readonly ColumnShape[] | null {
  return chooseIndex(shape)?.columns ?? null;
}

function firstKey(shape: TableShape, can: (column: ColumnShape) => boolean): ChosenKey | null {
  for (const index of shape.uniqueIndexes) {
    const columns = wholeColumns(index)?.map((name) => shape.columns.find((column) => column.name === name));
    if (columns === undefined) continue;
    const usable = (column: ColumnShape | undefined): column is ColumnShape =>
      column !== undefined && !column.nullable && !column.generated && can(column);
    if (columns.every(usable)) return { index: index.name, columns };
  }
  return null;
}

/** Types whose order and equality in SQL agree with how the mover compares keys. */
const keyTypes: ReadonlySet<string> = new Set([
  ...['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal'],
  ...['date', 'time', 'datetime', 'timestamp', 'year', 'uuid', 'inet4', 'inet6'],
  ...['char', 'varchar', 'binary', 'varbinary'],
]);

export function canBeKey({ dataType }: ColumnShape): boolean {
  return keyTypes.has(dataType);
}

/** A SET of more members has numbers that a comparison as DOUBLE does not tell apart. */
const mostMembers = 53;

/**
 * Types of which the mover's keys have the number instead of the text: ENUM sorts by it and compares as text, SET has two
 * texts for one value, a BIT's bytes are no literal of its own, and a FLOAT's text lacks digits.
 */
export function goesByNumber({ dataType, columnType }: ColumnShape): boolean {
  if (dataType === 'set')
    return columnType.replaceAll(/'(?:[^']|'')*'/g, '').split(',').length <= mostMembers;
  return dataType === 'enum' || dataType === 'bit' || dataType === 'float';
}
