import { Refusal } from './refusal.ts';
import type { PageRequest } from './sink.ts';
import { type Entry, Level, type Query } from './thrift-types.ts';

const id = /^[\x21-\x7e]{1,64}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const maxEntries = 1_000;
const maxText = 65_536;

/** @throws Refusal BadRequest that names the entry */
export function checkEntries(entries: readonly Entry[]): void {
  if (entries.length > maxEntries) throw bad(`At most ${maxEntries} entries at once.`);
  for (const [index, entry] of entries.entries()) {
    const fault = faultOf(entry);
    if (fault !== null) throw bad(`entries[${index}]: ${fault}`);
  }
}

/** @throws Refusal BadRequest */
export function readQuery({ day, after, limit = 100, newestFirst = false }: Query): PageRequest {
  if (!isTime(`${day}T00:00:00.000Z`)) throw bad('day must be like 2026-11-30.');
  if (limit < 1 || limit > maxEntries) throw bad(`limit must be from 1 to ${maxEntries}.`);
  if (after === undefined) return { day, after: null, limit, newestFirst };
  const [at = '', last = ''] = after.split(' ');
  if (!isTime(at) || !id.test(last)) throw bad('after must be the following of an earlier page.');
  return { day, after: { at, id: last }, limit, newestFirst };
}

function faultOf(entry: Entry): string | null {
  if (!id.test(entry.id)) return 'id must be 1 to 64 printable characters without spaces.';
  if (!isTime(entry.at)) return 'at must be like 2026-11-30T09:30:00.000Z.';
  if (!id.test(entry.source)) return 'source must be 1 to 64 printable characters without spaces.';
  if (!Object.values(Level).includes(entry.level)) return 'level must be debug, info, warn or error.';
  const longest = Math.max(Buffer.byteLength(entry.message), Buffer.byteLength(entry.fields ?? ''));
  if (longest > maxText) return `message and fields have at most ${maxText} bytes each.`;
  return entry.fields === undefined || isObject(entry.fields)
    ? null
    : 'fields must be the JSON of an object.';
}

/** A day that there is, too. */
function isTime(text: string): boolean {
  const at = new Date(text);
  return time.test(text) && !Number.isNaN(at.getTime()) && at.toISOString() === text;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function bad(message: string): Refusal {
  return new Refusal('BadRequest', message);
}
