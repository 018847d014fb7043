import { type Annotation, annotation } from '../idl/model.ts';
import { JsonOut } from './json-out.ts';

/** Lays out compact JSON as an application's settings want it. */
export type JsonLayout = (json: Buffer) => Buffer;

const newline = 10;
const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;
const openings = new Set([91, 123]);
const closings = new Set([93, 125]);
const blanks = new Set([9, 10, 13, 32]);
const htmlEscapes = new Map([
  [0x3c, Buffer.from('\\u003c')],
  [0x3e, Buffer.from('\\u003e')],
  [0x26, Buffer.from('\\u0026')],
]);

/** What `api.json_spaces` and `api.json_escape` say, which are Express's `json spaces` and `json escape`; null where they say nothing. */
export function jsonLayout(annotations: readonly Annotation[]): JsonLayout | null {
  const indent = indentOf(annotation(annotations, 'api.json_spaces') ?? '');
  const escapes = annotation(annotations, 'api.json_escape') === 'html';
  if (indent === '' && !escapes) return null;
  const step = Buffer.from(indent);
  return (json) => laidOut(json, step, escapes);
}

/** As JSON.stringify reads its third argument: a number of blanks, ten at most, or the text itself, ten characters of it. */
export function indentOf(said: string): string {
  return /^[0-9]+$/.test(said) ? ' '.repeat(Math.min(10, Number(said))) : said.slice(0, 10);
}

function laidOut(json: Buffer, step: Buffer, escapes: boolean): Buffer {
  const out = new JsonOut(2 * json.length);
  let depth = 0;
  const line = (): void => {
    if (step.length === 0) return;
    out.u8(newline);
    for (let i = 0; i < depth; i++) out.rawBytes(step);
  };
  for (let i = 0; i < json.length; ) {
    const byte = json[i]!;
    if (byte === quote) {
      const end = endOfString(json, i);
      if (escapes) escapeInto(out, json, i, end);
      else out.slice(json, i, end);
      i = end;
      continue;
    }
    i++;
    if (blanks.has(byte)) continue;
    if (openings.has(byte)) {
      out.u8(byte);
      while (blanks.has(json[i]!)) i++;
      if (closings.has(json[i]!)) {
        out.u8(json[i++]!);
        continue;
      }
      depth++;
      line();
    } else if (closings.has(byte)) {
      depth--;
      line();
      out.u8(byte);
    } else {
      out.u8(byte);
      if (byte === comma) line();
      else if (byte === colon && step.length > 0) out.u8(32);
    }
  }
  return out.copy();
}

/** Behind the closing quote. */
function endOfString(json: Buffer, start: number): number {
  let i = start + 1;
  while (i < json.length && json[i] !== quote) i += json[i] === backslash ? 2 : 1;
  return i + 1;
}

function escapeInto(out: JsonOut, json: Buffer, start: number, end: number): void {
  let from = start;
  for (let i = start; i < end; i++) {
    const escaped = htmlEscapes.get(json[i]!);
    if (escaped === undefined) continue;
    out.slice(json, from, i);
    out.rawBytes(escaped);
    from = i + 1;
  }
  out.slice(json, from, end);
}
