import { type ConnectionState, states } from './connection-state.ts';
import type { UpstreamRequest } from './connection-user.ts';
import { UpstreamFault } from './upstream-fault.ts';

/** After a failed write everything that can be read is there, or nearly. */
const lastWordsMs = 1_000;

/** A connection at the moment in which its time limits are looked at. Times in milliseconds. */
export interface Moment {
  readonly state: ConnectionState;
  /** null: it has none. */
  readonly request: UpstreamRequest | null;
  /** Since something last moved on it. */
  readonly waited: number;
  /** Since its last request ended. */
  readonly idleFor: number;
  readonly connectMs: number;
  readonly keepAliveMs: number;
  /** Not read from, because the client does not take what there is. */
  readonly paused: boolean;
  /** The upstream does not take what was written. */
  readonly stuck: boolean;
}

/** What a connection has waited for too long; null: nothing. */
export function overdue(moment: Moment): UpstreamFault | null {
  const { state, request, waited } = moment;
  // On its way out: nobody waits for it.
  if (request === null && state >= states.assigned) return null;
  switch (state) {
    case states.connecting:
      if (waited < moment.connectMs) return null;
      return new UpstreamFault('ERR_UPSTREAM_CONNECT_TIMEOUT', 'no connection in time');
    case states.idle:
      if (moment.idleFor < moment.keepAliveMs) return null;
      return new UpstreamFault('ERR_UPSTREAM_CLOSED', 'the connection was closed');
    case states.sending:
    case states.sent:
      // A client that sends slowly is not waited for here; an upstream that takes nothing answers nothing either.
      if (state === states.sending && !moment.stuck) return null;
      if (waited < request!.headersTimeout) return null;
      return new UpstreamFault('ERR_UPSTREAM_FIRST_BYTE_TIMEOUT', 'no first byte in time');
    case states.answering:
      if (moment.paused || waited < request!.bodyTimeout) return null;
      return new UpstreamFault('ERR_UPSTREAM_IDLE_TIMEOUT', 'a pause in the body');
    case states.lastWords:
      if (moment.paused || waited < lastWordsMs) return null;
      return new UpstreamFault('ERR_UPSTREAM_CLOSED', 'the upstream broke the request off');
    default:
      return null;
  }
}
