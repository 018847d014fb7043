import { BanyanError } from '../../common/errors.ts';
import type { ColumnShape } from './column-shape.ts';
import type { RawValue } from './session.ts';

const integerOrDecimal = /^-?\d+(\.\d+)?$/;
const floating = /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const plainAscii = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/;

/**
 * A value's raw bytes as an SQL literal that means exactly the same on either engine. Text carries its column's
 * character set as an introducer, so that no connection setting can reinterpret it; numbers are written bare, because
 * MySQL reads a hex literal as an integer where a number is wanted.
 */
export function literal(column: ColumnShape, value: RawValue): string {
  if (value === null) return 'NULL';
  switch (column.kind) {
    case 'number':
      return checked(column, value, integerOrDecimal);
    case 'float': {
      const text = checked(column, value, floating);
      // With an exponent it is a floating literal from the start, not a decimal that overflows at 65 digits.
      return /e/i.test(text) ? text : `${text}e0`;
    }
    case 'temporal':
    case 'ascii':
      return `'${checked(column, value, plainAscii)}'`;
    case 'text':
      return `_${column.charset} x'${value.toString('hex')}'`;
    case 'json':
      return `_utf8mb4 x'${value.toString('hex')}'`;
    case 'bit':
    case 'binary':
      return `x'${value.toString('hex')}'`;
    case 'unsupported':
      throw unprintable(column, value);
  }
}

function checked(column: ColumnShape, value: Buffer, pattern: RegExp): string {
  const text = value.toString('latin1');
  if (!pattern.test(text)) throw unprintable(column, value);
  return text;
}

function unprintable(column: ColumnShape, value: Buffer): BanyanError {
  return new BanyanError(
    'BANYAN_VALUE_UNREADABLE',
    `column ${column.name} (${column.columnType}) holds a value that cannot be written as SQL: 0x${value.subarray(0, 32).toString('hex')}`,
    { fix: 'Report this with the column type: the preflight should have refused it.' },
  );
}
