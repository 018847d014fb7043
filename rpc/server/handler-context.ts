import type { Headers } from '../wire/header-transport.ts';
import type { SaidContext } from './context-fields.ts';
import type { HandlerContext } from './serve-options.ts';

/** What the caller said of the call: in headers of the header transport, which win, or in annotated fields. */
export function contextOf(
  method: string,
  headers: Headers,
  fields: SaidContext,
  known: {
    readonly arrived: number;
    readonly peer: string;
    readonly gone: AbortSignal;
    readonly deadlineMs: number | undefined;
  },
): HandlerContext {
  const { arrived, peer, gone } = known;
  const said = headers['deadline-ms'] ?? fields.deadlineMs;
  let signal: AbortSignal | null = null;
  const deadlineMs = said !== undefined && /^[0-9]{1,9}$/.test(said) ? Number(said) : known.deadlineMs;
  return {
    method,
    requestId: headers['request-id'] ?? fields.requestId,
    traceparent: headers.traceparent ?? fields.traceparent,
    identity: headers.identity ?? fields.identity,
    identityToken: headers['identity-token'] ?? fields.identityToken,
    user: undefined,
    remainingMs: () =>
      deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - (performance.now() - arrived)),
    // Made only for handlers that look at it.
    get signal() {
      if (deadlineMs === undefined) return gone;
      signal ??= AbortSignal.any([gone, AbortSignal.timeout(deadlineMs)]);
      return signal;
    },
    peer,
  };
}
