import { createHash } from 'node:crypto';
import fresh from 'fresh';
import { headerValue } from './request-parts.ts';

/** The weak entity tag that Express computes by default for a body: its length in hex, and 27 characters of base64 SHA-1. */
export function weakEtag(body: Buffer): string {
  const hash = createHash('sha1').update(body).digest('base64').slice(0, 27);
  return `W/"${body.length.toString(16)}-${hash}"`;
}

/**
 * Whether the client already has what a GET or HEAD would be answered, by its `ETag` or `Last-Modified`. The rules are those of Express's
 * own library: RFC 9110 §13.1, and `Cache-Control: no-cache` asks for it anyway.
 */
export function isFresh(asked: readonly string[], rawHeaders: readonly string[]): boolean {
  const noneMatch = headerValue(asked, 'if-none-match');
  const modifiedSince = headerValue(asked, 'if-modified-since');
  if (noneMatch === undefined && modifiedSince === undefined) return false;
  return fresh(
    {
      'if-none-match': noneMatch,
      'if-modified-since': modifiedSince,
      'cache-control': headerValue(asked, 'cache-control'),
    },
    { etag: headerValue(rawHeaders, 'etag'), 'last-modified': headerValue(rawHeaders, 'last-modified') },
  );
}
