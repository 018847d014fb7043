import type { Side } from '../table/route-table.ts';
import { type HeaderKind, headerKind, headerKinds } from './header-kinds.ts';

/** What one pass over a request's header fields finds out. */
export interface RequestHead {
  /** End-to-end fields in their order and spelling; the router's own come after. */
  readonly passed: string[];
  readonly host: string | null;
  /** null when the request has no Content-Length. */
  readonly contentLength: number | null;
  readonly chunked: boolean;
  readonly expectsContinue: boolean;
  /** True when the client takes trailers: `TE: trailers`, named in `Connection` as it must be. */
  readonly acceptsTrailers: boolean;
  /** The trailers that the client announces; null: it announces none. */
  readonly trailer: string | null;
  /** Fields that `Connection` makes hop-by-hop, lower case; null: none. */
  readonly nominated: readonly string[] | null;
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
  readonly forwardedHost: string | null;
  readonly via: string | null;
  readonly requestId: string | null;
  readonly traceparent: string | null;
  readonly sideAsked: Side | null;
  readonly cookie: string | null;
}

export interface HeadRefusal {
  readonly refused: string;
  readonly status: 400 | 501 | 417;
}

export interface HeadContext {
  readonly httpVersionMinor: number;
  /** True when the peer may speak for the client: its forwarded fields and `x-banyan-side` are believed. */
  readonly peerTrusted: boolean;
}

const hostPattern = /^(?:[\w.~!$&'()*+,;=%-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;
const digits = /^\d{1,15}$/;

/**
 * Reads a request's header fields once: refuses what two programs could understand in two ways (RFC 9112 §6, RFC 9110
 * §7.2), drops what belongs to one hop and what the client may not say, and keeps the rest byte for byte.
 * Node's parser has already refused malformed lines, a missing Host on HTTP/1.1 and Content-Length with
 * Transfer-Encoding; those checks stay here too, because a proxy that relies on another's strictness has none.
 */
export function readRequestHead(raw: readonly string[], context: HeadContext): RequestHead | HeadRefusal {
  const head: { -readonly [K in keyof RequestHead]: RequestHead[K] } = {
    passed: [],
    host: null,
    contentLength: null,
    chunked: false,
    expectsContinue: false,
    acceptsTrailers: false,
    trailer: null,
    nominated: null,
    forwardedFor: null,
    forwardedProto: null,
    forwardedHost: null,
    via: null,
    requestId: null,
    traceparent: null,
    sideAsked: null,
    cookie: null,
  };
  const { passed } = head;
  let nominated: string[] | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    const kind: HeaderKind = headerKind(name);
    switch (kind) {
      case headerKinds.pass:
        passed.push(name, value);
        break;
      case headerKinds.host:
        if (head.host !== null) return refuse('the request has two Host fields');
        if (!hostPattern.test(value)) return refuse('the Host is not a host');
        head.host = value;
        break;
      case headerKinds.contentLength:
        if (head.contentLength !== null) return refuse('the request has two Content-Length fields');
        if (!digits.test(value)) return refuse('the Content-Length is not a number');
        head.contentLength = Number(value);
        break;
      case headerKinds.transferEncoding:
        if (context.httpVersionMinor === 0) return refuse('Transfer-Encoding does not exist in HTTP/1.0');
        if (head.chunked) return refuse('the request has two Transfer-Encoding fields');
        if (value.toLowerCase() !== 'chunked') {
          return { refused: 'the only transfer coding understood here is "chunked"', status: 501 };
        }
        head.chunked = true;
        break;
      case headerKinds.connection:
        nominated = nominate(value, nominated);
        break;
      case headerKinds.hop:
        break;
      case headerKinds.expect:
        if (value.toLowerCase() !== '100-continue') {
          return { refused: 'the only expectation understood here is "100-continue"', status: 417 };
        }
        head.expectsContinue = context.httpVersionMinor > 0;
        break;
      case headerKinds.te:
        head.acceptsTrailers ||= namesTrailers(value);
        break;
      case headerKinds.trailer:
        head.trailer = head.trailer === null ? value : `${head.trailer}, ${value}`;
        break;
      case headerKinds.forwardedFor:
        if (context.peerTrusted) {
          head.forwardedFor = head.forwardedFor === null ? value : `${head.forwardedFor}, ${value}`;
        }
        break;
      case headerKinds.forwardedProto:
        if (context.peerTrusted) head.forwardedProto = value;
        break;
      case headerKinds.forwardedHost:
        if (context.peerTrusted) head.forwardedHost = value;
        break;
      case headerKinds.forwarded:
        if (context.peerTrusted) passed.push(name, value);
        break;
      case headerKinds.via:
        head.via = head.via === null ? value : `${head.via}, ${value}`;
        break;
      case headerKinds.requestId:
        head.requestId ??= value;
        passed.push(name, value);
        break;
      case headerKinds.traceparent:
        // Set by the router again, as it came or as its own span's.
        head.traceparent ??= value;
        break;
      case headerKinds.side:
        if (context.peerTrusted && (value === 'legacy' || value === 'service')) head.sideAsked = value;
        break;
      case headerKinds.cookie:
        head.cookie = head.cookie === null ? value : `${head.cookie}; ${value}`;
        passed.push(name, value);
        break;
      case headerKinds.disguised:
        return refuse(`the field ${name} could be taken for a framing field`);
    }
  }
  if (head.chunked && head.contentLength !== null) {
    return refuse('the request has both a Content-Length and a Transfer-Encoding');
  }
  if (head.host === null && context.httpVersionMinor > 0) return refuse('the request has no Host');
  if (nominated === null) {
    // Not said of this hop: it came past a proxy that did not know it, who may know no trailers either.
    head.acceptsTrailers = false;
    return head;
  }
  return withoutNominated(head, nominated);
}

function refuse(refused: string): HeadRefusal {
  return { refused, status: 400 };
}

function namesTrailers(te: string): boolean {
  return te === 'trailers' || te.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers');
}

/** The fields that `Connection` makes hop-by-hop, lower case; null when it only speaks of the connection itself. */
function nominate(connection: string, before: string[] | null): string[] | null {
  if (connection === 'keep-alive' || connection === 'close') return before;
  let nominated = before;
  for (const part of connection.toLowerCase().split(',')) {
    const token = part.trim();
    if (token === '' || token === 'keep-alive' || token === 'close' || token === 'upgrade') continue;
    nominated ??= [];
    nominated.push(token);
  }
  return nominated;
}

/** Fields that both ends rely on: a client that nominates one is confused, or wants the next hop to be. */
const neverNominated = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'expect',
  'authorization',
  'cookie',
]);

function withoutNominated(head: RequestHead, nominated: readonly string[]): RequestHead | HeadRefusal {
  const passed: string[] = [];
  for (const name of nominated) {
    if (neverNominated.has(name))
      return refuse(`Connection nominates ${name}, which is not one hop's to drop`);
  }
  for (let i = 0; i + 1 < head.passed.length; i += 2) {
    const name = head.passed[i]!;
    if (!nominated.includes(name.toLowerCase())) passed.push(name, head.passed[i + 1]!);
  }
  return {
    ...head,
    passed,
    nominated,
    acceptsTrailers: head.acceptsTrailers && nominated.includes('te'),
    trailer: nominated.includes('trailer') ? null : head.trailer,
  };
}
