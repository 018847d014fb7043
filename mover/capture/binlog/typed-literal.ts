import type { ColumnShape } from '../../sql/column-shape.ts';
import { literal } from '../../sql/literal.ts';
import type { RawValue } from '../../sql/session.ts';

const casts: Readonly<Record<string, string>> = {
  date: 'DATE',
  time: 'TIME(6)',
  datetime: 'DATETIME(6)',
  timestamp: 'DATETIME(6)',
  year: 'UNSIGNED',
};

/** A value as SQL that compares with others of its column as the column's own values do. */
export function typedLiteral(shape: ColumnShape, value: RawValue): string {
  const plain = literal(shape, value);
  const cast = casts[shape.dataType];
  if (cast !== undefined) return `CAST(${plain} AS ${cast})`;
  return shape.kind === 'text' && shape.collation !== null ? `(${plain} COLLATE ${shape.collation})` : plain;
}
