import parseRange from 'range-parser';
import type { HttpOutput } from './http-types.ts';
import { headerValue } from './request-parts.ts';

/**
 * The part of a whole answer that the request's `Range` asks for, as Express's `sendFile` cuts it (RFC 9110 §14): one range is a 206, none
 * that the body has a 416, and several, or a malformed one, the whole.
 */
export function ranged(
  asked: readonly string[],
  status: number,
  rawHeaders: string[],
  body: Buffer,
): { readonly status: number; readonly body: Buffer } {
  rawHeaders.push('Accept-Ranges', 'bytes');
  const range = headerValue(asked, 'range');
  if (status !== 200 || range === undefined || !range.startsWith('bytes=')) return { status, body };
  if (!isSameVersion(headerValue(asked, 'if-range'), rawHeaders)) return { status, body };
  const ranges = parseRange(body.length, range, { combine: true });
  if (ranges === -1) {
    rawHeaders.push('Content-Range', `bytes */${body.length}`);
    return { status: 416, body: Buffer.alloc(0) };
  }
  const [only, another] = ranges === -2 ? [] : ranges;
  if (only === undefined || another !== undefined) return { status, body };
  rawHeaders.push('Content-Range', `bytes ${only.start}-${only.end}/${body.length}`);
  return { status: 206, body: body.subarray(only.start, only.end + 1) };
}

/** Whether the part belongs to the version that the client has the rest of. */
function isSameVersion(ifRange: string | undefined, rawHeaders: HttpOutput['rawHeaders']): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.includes('"')) {
    const etag = headerValue(rawHeaders, 'etag');
    return etag !== undefined && ifRange.includes(etag);
  }
  const lastModified = headerValue(rawHeaders, 'last-modified');
  return lastModified !== undefined && Date.parse(lastModified) <= Date.parse(ifRange);
}
