import { createHash } from 'node:crypto';

/** The weak entity tag that Express computes by default for a body: its length in hex, and 27 characters of base64 SHA-1. */
export function weakEtag(body: Buffer): string {
  const hash = createHash('sha1').update(body).digest('base64').slice(0, 27);
  return `W/"${body.length.toString(16)}-${hash}"`;
}

/** Whether a GET with these headers already has the entity (RFC 9110 §13.1.2; `no-cache` asks for it anyway, as in Express). */
export function isFresh(
  ifNoneMatch: string | undefined,
  cacheControl: string | undefined,
  etag: string,
): boolean {
  if (ifNoneMatch === undefined) return false;
  if (cacheControl !== undefined && /(?:^|,)\s*no-cache\s*(?:,|$)/.test(cacheControl)) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const wanted = opaque(etag);
  return ifNoneMatch.split(',').some((tag) => opaque(tag.trim()) === wanted);
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
