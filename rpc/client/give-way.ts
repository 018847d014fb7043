import type { ConnectionState } from './connection-state.ts';

/**
 * A server with a fixed number of threads reads one connection with each of them until it is closed; the other connections lie
 * open in its queue, with a call on them. When a call ends on a connection that has a thread, and another connection
 * seems to be in that queue, the first one is closed, so that its thread goes to the other: that is how clients fare that open
 * a connection for each call.
 */
export interface Queueing {
  readonly state: ConnectionState;
  readonly load: number;
  /** When its last call was sent, in milliseconds of `performance.now()`. */
  readonly sentAt: number;
}

/**
 * A connection may only be slow instead, and nothing tells the difference: so each has others closed in its favour at most this
 * often, in milliseconds.
 */
const favourEveryMs = 50;

/** The connection that has waited longest for its first answer; null where there is none to give way to. */
export function longestInQueue<C extends Queueing>(
  connections: Iterable<C>,
  favouredAt: (one: C) => number,
  now: number,
): C | null {
  let longest: C | null = null;
  for (const one of connections) {
    if (one.state !== 'fresh' || one.load === 0) continue;
    if (now - favouredAt(one) < favourEveryMs) continue;
    if (longest === null || one.sentAt < longest.sentAt) longest = one;
  }
  return longest;
}

/** True where the connection's last call was sent after that of the other one, and has ended before it. */
export function givesWay(answered: Queueing, queued: Queueing): boolean {
  return queued.sentAt < answered.sentAt;
}

/** How long an idle connection waits for the calls that were sent with its own to end before it gives way, in milliseconds. */
export function idleGraceMs(lastCallMs: number): number {
  return Math.min(20, Math.max(1, lastCallMs / 8));
}
