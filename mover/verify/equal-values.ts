import type { ColumnShape } from '../sql/column-shape.ts';
import type { RawValue } from '../sql/session.ts';

/**
 * Whether two servers mean the same value. Bytes decide, except between different engines, which print JSON and floating
 * numbers differently: those are compared by value.
 */
export function equalValues(
  column: ColumnShape,
  a: RawValue | undefined,
  b: RawValue | undefined,
  enginesDiffer: boolean,
): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (a.equals(b)) return true;
  if (!enginesDiffer) return false;
  if (column.kind === 'float') return Number(a.toString('latin1')) === Number(b.toString('latin1'));
  return column.kind === 'json' && equalJson(a.toString('utf8'), b.toString('utf8'));
}

export function equalJson(a: string, b: string): boolean {
  try {
    return canonical(parseExactly(a)) === canonical(parseExactly(b));
  } catch {
    // Not JSON after all: then it had to be equal as bytes.
    return false;
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** An integer beyond 2^53 keeps its digits; a fraction is what a double makes of it, as on MySQL. */
const keepDigits: Reviver = (_key, value, context) =>
  typeof value === 'number' && context.source !== undefined && /^-?\d+$/.test(context.source)
    ? { integer: wholeNumber(context.source) }
    : value;

/** MySQL keeps integers of 64 bits; greater ones become doubles there. */
function wholeNumber(source: string): string {
  const value = BigInt(source);
  const fits = value >= -(2n ** 63n) && value < 2n ** 64n;
  return fits ? value.toString() : BigInt(Number(source)).toString();
}

function parseExactly(text: string): unknown {
  return JSON.parse(text, keepDigits as (this: unknown, key: string, value: unknown) => unknown);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(
      ([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`,
    );
    return `{${members.sort().join(',')}}`;
  }
  // 2.0 and 2 are one number: MySQL prints 2.0 for a double, MariaDB what was written.
  return typeof value === 'number' && Number.isInteger(value)
    ? canonical({ integer: BigInt(value).toString() })
    : JSON.stringify(value);
}
