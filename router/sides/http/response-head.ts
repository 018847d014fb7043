/** An upstream's header fields, made ready for the client. */
export interface ResponseHead {
  /** Names and values in turn, in their order and spelling. */
  readonly fields: string[];
  /** null when the upstream gave no Content-Length, or the message may not have one. */
  readonly contentLength: number | null;
  /** True when the upstream announces trailers: they need chunks, and an HTTP/1.1 client. */
  readonly trailers: boolean;
  /** Fields that `Connection` makes hop-by-hop, lower case; null: none. */
  readonly nominated: readonly string[] | null;
}

const notAscii = /[^\x20-\x7e]/;

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Drops what belongs to the hop between router and upstream (RFC 9110 §7.6.1); the rest stays byte for byte. */
export function responseHead(raw: readonly string[]): ResponseHead {
  const rawHeaders: string[] = [];
  let contentLength: number | null = null;
  let trailers = false;
  let nominated: string[] | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    const length = name.length;
    // Only names of these lengths can mean anything here: most fields cost one comparison.
    if (length === 2 || length === 7 || length === 10 || length >= 14) {
      const lower = name.toLowerCase();
      if (lower === 'content-length') contentLength = Number(value);
      else if (lower === 'trailer') trailers = true;
      else if (hopByHop.has(lower)) {
        if (lower === 'connection') nominated = nominate(value, nominated);
        continue;
      } else if (lower === 'content-disposition' && notAscii.test(value)) {
        // Behind a Content-Length Node's writer takes its octets for UTF-8 (and sends others, or none): it goes in front.
        rawHeaders.unshift(name, value);
        continue;
      }
    }
    rawHeaders.push(name, value);
  }
  return {
    fields: nominated === null ? rawHeaders : drop(rawHeaders, nominated),
    contentLength,
    trailers,
    nominated,
  };
}

function nominate(connection: string, before: string[] | null): string[] | null {
  if (connection === 'keep-alive' || connection === 'close') return before;
  const tokens = connection
    .toLowerCase()
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== 'keep-alive' && token !== 'close' && token !== 'content-length');
  return before === null ? tokens : [...before, ...tokens];
}

/** Takes fields out by their lower-case names. */
export function drop(rawHeaders: readonly string[], nominated: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!nominated.includes(rawHeaders[i]!.toLowerCase())) kept.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return kept;
}
