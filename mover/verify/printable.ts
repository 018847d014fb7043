import type { ColumnShape } from '../sql/column-shape.ts';
import type { RawValue } from '../sql/session.ts';

const longestValue = 64;

/** A value for people: shortened, and without what a terminal would act on. */
export function printable(column: ColumnShape, value: RawValue): string | null {
  if (value === null) return null;
  const binary = column.kind === 'binary' || column.kind === 'bit';
  const text = binary ? `0x${value.subarray(0, longestValue).toString('hex')}` : value.toString('utf8');
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
  return shown.length > longestValue ? `${[...shown].slice(0, longestValue - 1).join('')}…` : shown;
}
