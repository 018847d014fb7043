/**
 * What may not stand behind a body (RFC 9110 §6.5.1): whoever merges trailers into the header section would let the last
 * octets of a message frame it, route it, sign it or say whose it is, after all checks were passed.
 */
const forbidden = new Set([
  // Framing and content.
  'content-length',
  'content_length',
  'transfer-encoding',
  'transfer_encoding',
  'trailer',
  'content-encoding',
  'content-type',
  'content-range',
  'content-location',
  // One hop's.
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'upgrade',
  'http2-settings',
  // Routing and request modifiers.
  'host',
  'expect',
  'max-forwards',
  'cache-control',
  'pragma',
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  // Authentication and state.
  'authorization',
  'www-authenticate',
  'authentication-info',
  'cookie',
  'set-cookie',
  // Who asks, and by which way.
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
  'via',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-banyan-side',
  'x-banyan-identity',
  'x_banyan_identity',
  // Response control.
  'age',
  'date',
  'expires',
  'location',
  'retry-after',
  'vary',
  'warning',
]);

/** The trailers that are passed on, names and values in turn. `nominated`: fields that `Connection` made hop-by-hop, lower case. */
export function passableTrailers(
  raw: readonly string[],
  nominated: readonly string[] | null,
  alsoForbidden: (name: string) => boolean = never,
): string[] {
  const passed: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (forbidden.has(name) || alsoForbidden(name) || nominated?.includes(name)) continue;
    passed.push(raw[i]!, raw[i + 1]!);
  }
  return passed;
}

function never(): boolean {
  return false;
}
