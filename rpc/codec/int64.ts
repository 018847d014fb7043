import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { BadValue } from './bad-value.ts';

const two32 = 4294967296;
/** Beyond this upper half a number is no longer exact. */
const safeHigh = 0x200000;

/** The i64 just read: a number where that is exact, else a bigint. */
export function int64Value(r: ProtocolReader): number | bigint {
  const { high, low } = r;
  if (high < safeHigh && high >= -safeHigh) {
    const value = high * two32 + low;
    if (Number.isSafeInteger(value)) return value;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

export function int64Text(r: ProtocolReader): string {
  return String(int64Value(r));
}

/** Writes a number that is a safe integer. */
export function writeSafeInt64(w: ProtocolWriter, value: number): void {
  w.i64(Math.floor(value / two32), value | 0);
}

export function writeBigInt64(w: ProtocolWriter, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) throw new BadValue('is out of the range of i64');
  w.i64(Number(value >> 32n), Number(BigInt.asIntN(32, value)));
}

/** Decimal digits with one spelling for each integer but zero. */
export const plainInteger = /^-?(?:0|[1-9][0-9]*)$/;
const decimal = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** Writes an i64 from its decimal digits as they stand in a path, a query or a JSON string. */
export function writeInt64Text(w: ProtocolWriter, text: string): void {
  if (!plainInteger.test(text)) throw new BadValue('must be an integer');
  if (text.length < 16) writeSafeInt64(w, Number(text));
  else if (text.length > 20) throw new BadValue('is out of the range of i64');
  else writeBigInt64(w, BigInt(text));
}

/** The integer that a JSON number says (`1e3`, `10.0`), exactly; null if it is none or has more than 40 digits. */
export function exactInteger(text: string): bigint | null {
  const parts = decimal.exec(text);
  if (parts === null) return null;
  const fraction = withoutLastZeros(parts[3] ?? '');
  const exponent = Number(parts[4] ?? '0') - fraction.length;
  const digits = (parts[2]! + fraction).replace(/^0+(?=.)/, '');
  if (digits === '0') return 0n;
  if (digits.length + exponent > 40 || exponent < -digits.length) return null;
  const scaled = exponent >= 0 ? digits + '0'.repeat(exponent) : digits;
  if (exponent < 0) {
    if (!/^0+$/.test(digits.slice(exponent))) return null;
    return BigInt(parts[1] + digits.slice(0, exponent));
  }
  return BigInt(parts[1] + scaled);
}

/** Not by /0+$/, which looks at each zero of `0.000…1` as a beginning, and takes the square of their number. */
function withoutLastZeros(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 48) end--;
  return text.slice(0, end);
}
