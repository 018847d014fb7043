import type { IncomingMessage } from 'node:http';
import type { RequestHead } from './request-head.ts';

/** As much of a request as its connection must know. */
export interface LastRequest {
  readonly request: IncomingMessage;
  breakBody(why: Error): void;
}

/** What the router knows of the connection a request came in on. */
export interface PeerFacts {
  /** The peer's address, IPv4 in its plain form. */
  readonly address: string;
  readonly trusted: boolean;
  readonly encrypted: boolean;
  /** This router in `Via`, with the protocol that the connection speaks. */
  readonly via: string;
  /** True from the moment an answer said that it is the last one: no further request on this connection is served. */
  closing: boolean;
  /** Requests on it that have begun and not ended. */
  open: number;
  /** The request on it that began last. */
  last: LastRequest | null;
  /** Something came that is no request: once those in front of it are answered it ends. */
  broken: boolean;
  /** With more than so many it is not read from until some have ended. */
  readonly mostOpen: number;
}

/**
 * The fields an upstream gets: the client's end-to-end fields, then the router's own. Fresh forwarded fields replace
 * what an untrusted client said of itself; from a trusted peer the chain goes on.
 */
export function outboundHeaders(
  head: RequestHead,
  peer: PeerFacts,
  requestId: string,
  traceparent: string,
): string[] {
  const out = head.passed;
  if (head.host !== null) out.push('Host', head.host);
  if (head.contentLength !== null) out.push('Content-Length', String(head.contentLength));
  out.push(
    'X-Forwarded-For',
    head.forwardedFor === null ? peer.address : `${head.forwardedFor}, ${peer.address}`,
    'X-Forwarded-Proto',
    head.forwardedProto ?? (peer.encrypted ? 'https' : 'http'),
  );
  const forwardedHost = head.forwardedHost ?? head.host;
  if (forwardedHost !== null) out.push('X-Forwarded-Host', forwardedHost);
  out.push('Via', head.via === null ? peer.via : `${head.via}, ${peer.via}`);
  if (head.requestId === null) out.push('X-Request-Id', requestId);
  out.push('traceparent', traceparent);
  return out;
}
