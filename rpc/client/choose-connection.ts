import { type ConnectionState, takesCalls } from './connection-state.ts';

export interface Candidate {
  readonly state: ConnectionState;
  /** Calls on it, sent or waiting for it to open. */
  readonly load: number;
  /** Calls that it may carry at a time; above 1 its server is known to take them side by side. */
  readonly capacity: number;
  /** When its last call ended, in milliseconds of `performance.now()`. */
  readonly idleSince: number;
}

/** Calls that share a connection before another one is used: those that do leave in fewer writes. */
const sharedLoad = 32;

/**
 * The connection that a call goes to; `open` for a new one, null where it has to wait.
 *
 * Calls share a connection only where the server is known to take them side by side. Everywhere else each has one of its
 * own: the one that was used last, so that what is not needed grows old and is closed, or a new one. A silent one is
 * better than none.
 */
export function chooseConnection<C extends Candidate>(
  connections: Iterable<C>,
  { mayOpen, isOneway }: { readonly mayOpen: boolean; readonly isOneway: boolean },
): C | 'open' | null {
  let idle: C | null = null;
  let leastShared: C | null = null;
  let silent: C | null = null;
  for (const one of connections) {
    // Where one without a reply went before, the next ones follow in order.
    if (isOneway && one.state === 'owing' && one.load === 0) return one;
    if (!takesCalls(one.state) || one.load >= one.capacity) continue;
    if (one.state === 'silent') {
      if (silent === null || one.load < silent.load) silent = one;
    } else if (one.capacity > 1) {
      // The first that has room, so that the rest becomes idle.
      if (one.load < sharedLoad) return one;
      if (leastShared === null || one.load < leastShared.load) leastShared = one;
    } else if (idle === null || one.idleSince > idle.idleSince) idle = one;
  }
  return idle ?? (mayOpen ? 'open' : (leastShared ?? silent));
}
