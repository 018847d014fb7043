import { createHash } from 'node:crypto';
import { hashBytes, isLongText } from '../../plan/row-hash-key.ts';
import { goesByNumber } from '../../shape/choose-key.ts';
import type { ColumnShape } from '../../sql/column-shape.ts';

/**
 * The hash of a row's values as `rowHashSql` makes it, each byte a character. Values are those of `keyValueReader`, null for NULL.
 */
export function hashRow(shapes: readonly ColumnShape[], values: readonly (string | null)[]): string {
  let text = '';
  for (const [index, shape] of shapes.entries()) text += `,${hashedText(shape, values[index] ?? null)}`;
  return digest(text).subarray(0, hashBytes).toString('latin1');
}

function hashedText(shape: ColumnShape, value: string | null): string {
  if (value === null) return 'N';
  if (shape.dataType === 'timestamp') return unixTime(value);
  if ((shape.kind !== 'text' && shape.kind !== 'binary') || goesByNumber(shape)) return value;
  return `${value.length},${isLongText(shape) ? digest(value).toString('hex') : value}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'latin1').digest();
}

/** Seconds since 1970 with six digits after the point, of an instant in UTC; 0 of the zero date. */
function unixTime(text: string): string {
  const [whole = '', fraction = ''] = text.split('.');
  const seconds = whole.startsWith('0000') ? 0 : Date.parse(`${whole.replace(' ', 'T')}Z`) / 1_000;
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}
