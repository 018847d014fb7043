/**
 * Where a connection is in its life:
 *
 *     connecting ─▶ fresh ─▶ proven ◀──▶ owing     (a server that carries out one call at a time)
 *                     │         ▲
 *                     │         ├──────▶ silent    (one that takes calls side by side)
 *                     └─────────┘
 *     from any of them ─▶ retired ─▶ closed
 *
 * - `connecting`: its calls wait for the socket.
 * - `fresh`: open, but nothing has come from the other side yet. The system accepts connections for a server that has no
 *   thread left to read them, so this may be a place in a queue and no more.
 * - `proven`: something has come.
 * - `owing`: the server may still be busy with a call that nobody waits for. Only calls without a reply are sent behind it.
 * - `silent`: a deadline passed and nothing came at all: other connections are preferred until something does.
 * - `retired`: no new calls; closed once those in flight have ended.
 */
export type ConnectionState = 'connecting' | 'fresh' | 'proven' | 'owing' | 'silent' | 'retired' | 'closed';

export type ConnectionEvent =
  | 'opened'
  /** Something came, and no call that was given up holds the server any more. */
  | 'answered'
  /** On a connection that carries one call at a time: one was given up, or one that has no reply was sent. */
  | 'owes'
  /** A deadline passed in silence on a connection that calls share. */
  | 'keptSilent'
  | 'retire'
  | 'closed';

const ends = { retire: 'retired', closed: 'closed' } as const;

const transitions: Readonly<Record<ConnectionState, Partial<Record<ConnectionEvent, ConnectionState>>>> = {
  connecting: { opened: 'fresh', ...ends },
  fresh: { answered: 'proven', owes: 'owing', keptSilent: 'silent', ...ends },
  proven: { owes: 'owing', keptSilent: 'silent', ...ends },
  owing: { answered: 'proven', ...ends },
  silent: { answered: 'proven', owes: 'owing', ...ends },
  retired: { closed: 'closed' },
  closed: {},
};

/** What does not concern a state leaves it as it is. */
export function nextState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  return transitions[state][event] ?? state;
}

/** Whether calls may be sent to it, as far as its state goes. */
export function takesCalls(state: ConnectionState): boolean {
  return state === 'proven' || state === 'fresh' || state === 'connecting' || state === 'silent';
}
