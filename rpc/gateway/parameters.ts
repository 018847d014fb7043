import { isUtf8 } from 'node:buffer';
import { unescape as unescapeLeniently } from 'node:querystring';
import { BadValue } from '../codec/bad-value.ts';
import type { Escapes } from '../http/binding.ts';

/** Every value of one name in a query string; null where there is none. */
export function queryValues(query: string, name: string, escapes: Escapes): string[] | null {
  let values: string[] | null = null;
  eachPair(query, (start, nameEnd, end) => {
    if (!isName(query, start, nameEnd, name)) return;
    values ??= [];
    values.push(formText(rawValue(query, nameEnd, end), escapes));
  });
  return values;
}

/** The values of some names in an urlencoded body, as they stand there, in one pass: it may have millions of others. */
export function formValues(form: string, names: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const byBytes = new Map([...names].map((name) => [bytesOf(name), name]));
  eachPair(form, (start, nameEnd, end) => {
    const raw = form.slice(start, nameEnd);
    const name = isEncoded(raw) ? byBytes.get(decodedBytes(raw)) : raw;
    if (name === undefined || !names.has(name)) return;
    const values = found.get(name);
    const value = rawValue(form, nameEnd, end);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  });
  return found;
}

/** Text that was percent-encoded, as in a query. @throws BadValue */
export function formText(raw: string, escapes: Escapes): string {
  if (!isEncoded(raw)) return raw;
  const spaced = raw.replaceAll('+', ' ');
  if (isDecodable(spaced)) return decodeURIComponent(spaced);
  if (escapes === 'strict') throw new BadValue('is not percent-encoded UTF-8');
  if (escapes === 'lenient') return unescapeLeniently(spaced);
  // qs knows brackets before it decodes.
  return spaced.replace(/%5b/gi, '[').replace(/%5d/gi, ']');
}

/** Asked before, since what decodeURIComponent throws costs many times what a value does, and a body may have millions of them. */
function isDecodable(text: string): boolean {
  if (!text.includes('%')) return true;
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return false;
  // Bytes of ASCII are always text.
  return !/%[89a-fA-F]/.test(text) || isUtf8(Buffer.from(decodedBytes(text), 'latin1'));
}

export function isEncoded(raw: string): boolean {
  return raw.includes('%') || raw.includes('+');
}

export type OnPair = (start: number, nameEnd: number, end: number) => void;

/** Pairs of a query or an urlencoded body, by where their names and values stand. */
export function eachPair(text: string, onPair: OnPair): void {
  // Looked for once only: each pair without one would look through all that follows.
  let equals = text.indexOf('=');
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('&', start);
    const end = found === -1 ? text.length : found;
    if (equals !== -1 && equals < start) equals = text.indexOf('=', start);
    const nameEnd = equals === -1 || equals > end ? end : equals;
    if (nameEnd > start) onPair(start, nameEnd, end);
    start = end + 1;
  }
}

export function rawValue(text: string, nameEnd: number, end: number): string {
  return nameEnd === end ? '' : text.slice(nameEnd + 1, end);
}

function isName(query: string, start: number, end: number, name: string): boolean {
  const length = end - start;
  if (length === name.length && query.startsWith(name, start)) return true;
  // A character is at most three bytes, and a byte three characters.
  if (length < name.length || length > 9 * name.length) return false;
  const raw = query.slice(start, end);
  return isEncoded(raw) && decodedBytes(raw) === bytesOf(name);
}

/** The text in UTF-8, a character for each byte. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/**
 * The same of percent-encoded text; what is none stays as it is. Not decodeURIComponent: what it throws at names that are no
 * encoding costs many times what a name does, and a body may have millions of them.
 */
export function decodedBytes(raw: string): string {
  const bytes = Buffer.from(raw);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i]!;
    if (byte === 43) byte = 32;
    if (byte === 37) {
      const high = hexDigit(bytes[i + 1]);
      const low = hexDigit(bytes[i + 2]);
      if (high !== -1 && low !== -1) {
        byte = high * 16 + low;
        i += 2;
      }
    }
    bytes[length++] = byte;
  }
  return bytes.toString('latin1', 0, length);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
