import type { ColumnShape } from '../sql/column-shape.ts';
import { goesByNumber } from './choose-key.ts';
import type { TableShape } from './table-shape.ts';

/** One column of both tables, as each of them has it. */
export interface ColumnPair {
  readonly source: ColumnShape;
  readonly target: ColumnShape;
}

/**
 * The columns by which rows of a table are told apart that goes by all of its columns. Those are left out whose values the
 * engines print in different ways, or which print alike for different values: rows that differ in nothing else count as one group, whose
 * rows are read, deleted and written together. So what is left out costs nothing but the size of such groups.
 */
export function hashedColumns(pairs: readonly ColumnPair[]): ColumnPair[] {
  return pairs.filter(({ source, target }) => {
    if (goesByNumber(source) && source.columnType !== target.columnType) return false;
    return source.kind === target.kind && canBeHashed(source);
  });
}

/** Columns of one name in both tables, in the source's order. */
export function samePairs(here: TableShape, there: TableShape): ColumnPair[] {
  return here.columns.flatMap((source) => {
    const name = source.name.toLowerCase();
    const target = there.columns.find((column) => column.name.toLowerCase() === name);
    return source.generated || target === undefined || target.generated ? [] : [{ source, target }];
  });
}

function canBeHashed(shape: ColumnShape): boolean {
  const { kind, dataType, columnType } = shape;
  switch (kind) {
    case 'number':
      // The server prints zeros in front which the binary log does not have.
      return !(dataType === 'decimal' && /zerofill/i.test(columnType));
    case 'bit':
    case 'temporal':
    case 'ascii':
      return true;
    case 'text':
      return dataType === 'enum' || dataType === 'set' ? goesByNumber(shape) : true;
    case 'binary':
      return /^((var)?binary|(tiny|medium|long)?blob)$/.test(dataType);
    default:
      return false;
  }
}
