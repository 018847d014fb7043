import { unescape as unescapeLeniently } from 'node:querystring';
import type { CallContext } from '../client/options.ts';
import { BadValue } from '../codec/bad-value.ts';
import type { Escapes } from '../http/binding.ts';
import type { TextNode } from '../json/nested-text.ts';

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

/**
 * A parameter with its parts: `filter[price][_gt]=1` where they stand in brackets, `filter.price=1` behind dots; an empty part,
 * `tags[]=a`, adds to its texts. null where there is none. @throws BadValue
 */
export function nestedValue(
  query: string,
  root: string,
  style: 'brackets' | 'dots',
  escapes: Escapes,
): TextNode | null {
  let found: TextNode | null = null;
  eachPair(query, (start, nameEnd, end) => {
    const name = formText(query.slice(start, nameEnd), escapes);
    const parts = name.startsWith(root) ? partsOf(name.slice(root.length), style) : null;
    if (parts === null) return;
    found ??= { texts: [], parts: new Map() };
    let node: TextNode = found;
    for (const [i, part] of parts.entries()) {
      if (part === '' && i === parts.length - 1) break;
      const key = part === '' ? String(node.parts.size) : part;
      const inner: TextNode = node.parts.get(key) ?? { texts: [], parts: new Map() };
      node.parts.set(key, inner);
      node = inner;
    }
    node.texts.push(formText(rawValue(query, nameEnd, end), escapes));
  });
  return found;
}

const inBrackets = /^(?:\[[^[\]]*\]){0,32}$/;

/** The parts behind a parameter's name; null where it is another name. */
function partsOf(rest: string, style: 'brackets' | 'dots'): string[] | null {
  if (rest === '') return [];
  if (style === 'dots') return rest[0] === '.' ? rest.slice(1).split('.', 32) : null;
  return inBrackets.test(rest) ? rest.slice(1, -1).split('][') : null;
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
  try {
    return decodeURIComponent(spaced);
  } catch {
    if (escapes === 'strict') throw new BadValue('is not percent-encoded UTF-8');
    return escapes === 'qs' ? spaced : unescapeLeniently(spaced);
  }
}

function isEncoded(raw: string): boolean {
  return raw.includes('%') || raw.includes('+');
}

type OnPair = (start: number, nameEnd: number, end: number) => void;

function eachPair(text: string, onPair: OnPair): void {
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

function rawValue(text: string, nameEnd: number, end: number): string {
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
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/**
 * The same of percent-encoded text; what is none stays as it is. Not decodeURIComponent: what it throws at names that are no
 * encoding costs many times what a name does, and a body may have millions of them.
 */
function decodedBytes(raw: string): string {
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

/** Every value of a header, lower-case name; null where there is none. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] | null {
  let values: string[] | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i]!;
    if (raw.length === name.length && raw.toLowerCase() === name) {
      values ??= [];
      values.push(rawHeaders[i + 1]!);
    }
  }
  return values;
}

export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  return headerValues(rawHeaders, name)?.join(', ');
}

/** Every value of a cookie; null where there is none. Quotes around it are taken off, percent-encoding resolved. */
export function cookieValues(rawHeaders: readonly string[], name: string): string[] | null {
  const headers = headerValues(rawHeaders, 'cookie');
  if (headers === null) return null;
  for (const pair of headers.join(';').split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    const bare =
      value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    try {
      return [bare.includes('%') ? decodeURIComponent(bare) : bare];
    } catch {
      return [bare];
    }
  }
  return null;
}

/** What the request itself says of its context, for callers that hand none on. */
export function contextOfHeaders(rawHeaders: readonly string[]): CallContext {
  const requestId = headerValues(rawHeaders, 'x-request-id')?.[0];
  const traceparent = headerValues(rawHeaders, 'traceparent')?.[0];
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
