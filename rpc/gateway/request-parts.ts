import type { CallContext } from '../client/options.ts';

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
