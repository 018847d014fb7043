import type { KeyValues } from '../../plan/key-range.ts';

/**
 * A key as it waits in memory: each byte of its values is one character, and between two values stands one that is no byte. A string is a
 * tenth of what the values would take as buffers, and a great many wait.
 */
export type KeyText = string;

const between = '\u0100';

export function keyText(values: readonly string[]): KeyText {
  return values.length === 1 ? (values[0] as string) : values.join(between);
}

export function keyTextOf(key: KeyValues): KeyText {
  return keyText(key.map((value) => (value as Buffer).toString('latin1')));
}

export function keyOf(text: KeyText): KeyValues {
  return text.split(between).map((value) => Buffer.from(value, 'latin1'));
}
