import { createHash } from 'node:crypto';
import type { FeedValue } from './feed-value.ts';

const longest = 255;

/** One token of a NATS subject for any text: no dot, no space, no wildcard. Different texts have different tokens. */
export function subjectToken(text: string): string {
  return whole(encode(text));
}

/** The same for a key: its values in the key's order, with a comma between them, which stands for nothing else. */
export function keyToken(values: readonly FeedValue[]): string {
  return whole(values.map((value) => encode(String(value))).join(','));
}

function encode(text: string): string {
  if (text === '') return '%';
  return encodeURIComponent(text.toWellFormed()).replace(
    /[.*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A NATS server takes a subject of some 4,000 characters. */
function whole(token: string): string {
  if (token.length <= longest) return token;
  return `%${createHash('sha256').update(token).digest('hex')}`;
}
