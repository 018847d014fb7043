import { describe, expect, test } from 'vitest';
import { type Candidate, chooseConnection } from '../../../rpc/client/choose-connection.ts';
import { nextState, takesCalls } from '../../../rpc/client/connection-state.ts';
import { givesWay, idleGraceMs, longestInQueue, type Queueing } from '../../../rpc/client/give-way.ts';

function candidate(more: Partial<Candidate>): Candidate {
  return { state: 'proven', load: 0, capacity: 1, idleSince: 0, ...more };
}

describe('the state of a connection', () => {
  test('that carries one call at a time: fresh, proven, owing until the reply is in', () => {
    const states = ['opened', 'answered', 'owes', 'answered', 'retire', 'closed'] as const;
    let state: ReturnType<typeof nextState> = 'connecting';
    expect(states.map((event) => (state = nextState(state, event)))).toEqual([
      ...['fresh', 'proven', 'owing', 'proven', 'retired', 'closed'],
    ]);
  });

  test('once it is retired nothing brings it back', () => {
    for (const event of ['opened', 'answered', 'owes', 'keptSilent', 'retire'] as const) {
      expect(nextState('retired', event)).toBe('retired');
      expect(nextState('closed', event)).toBe('closed');
    }
  });

  test('owing, retired and closed ones take no calls', () => {
    const all = ['connecting', 'fresh', 'proven', 'silent', 'owing', 'retired', 'closed'] as const;
    expect(all.filter(takesCalls)).toEqual(['connecting', 'fresh', 'proven', 'silent']);
  });
});

describe('the connection that a call goes to', () => {
  const choose = (connections: readonly Candidate[], mayOpen = true, isOneway = false) =>
    chooseConnection(connections, { mayOpen, isOneway });

  test('one at a time: the idle one that was used last, else a new one, else none', () => {
    const [early, late] = [candidate({ idleSince: 1 }), candidate({ idleSince: 2 })];
    const busy = candidate({ load: 1 });
    expect(choose([early, late, busy])).toBe(late);
    expect(choose([busy])).toBe('open');
    expect(choose([busy], false)).toBe(null);
  });

  test('side by side: shared up to 32, then another one, then up to what it takes', () => {
    const [some, many] = [candidate({ capacity: 64, load: 31 }), candidate({ capacity: 64, load: 32 })];
    const full = candidate({ capacity: 64, load: 64 });
    expect(choose([full, many, some])).toBe(some);
    expect(choose([full, many])).toBe('open');
    expect(choose([full, many], false)).toBe(many);
    expect(choose([full], false)).toBe(null);
  });

  test('never one whose server may be busy with a call that was given up, but for calls without a reply', () => {
    const owing = candidate({ state: 'owing' });
    expect(choose([owing])).toBe('open');
    expect(choose([owing], false)).toBe(null);
    expect(choose([owing], true, true)).toBe(owing);
  });

  test('a silent one only where no other can be had', () => {
    const silent = candidate({ state: 'silent', capacity: 64 });
    expect(choose([silent])).toBe('open');
    expect(choose([silent], false)).toBe(silent);
    const fine = candidate({ capacity: 64 });
    expect(choose([silent, fine])).toBe(fine);
  });
});

describe('giving way', () => {
  const queueing = (more: Partial<Queueing>): Queueing => ({ state: 'fresh', load: 1, sentAt: 0, ...more });

  test('to the connection whose first call waits longest, not twice within 50 ms', () => {
    const [first, second] = [queueing({ sentAt: 1 }), queueing({ sentAt: 2 })];
    const proven = queueing({ state: 'proven' });
    expect(longestInQueue([proven, second, first], () => 0, 100)).toBe(first);
    expect(longestInQueue([proven, second, first], (one) => (one === first ? 60 : 0), 100)).toBe(second);
    expect(longestInQueue([proven], () => 0, 100)).toBe(null);
  });

  test('where a later call has ended before an earlier one', () => {
    expect(givesWay(queueing({ state: 'proven', sentAt: 2 }), queueing({ sentAt: 1 }))).toBe(true);
    expect(givesWay(queueing({ state: 'proven', sentAt: 1 }), queueing({ sentAt: 1 }))).toBe(false);
  });

  test('an idle one waits an eighth of its last call, from 1 to 20 ms', () => {
    expect([0, 80, 10_000].map(idleGraceMs)).toEqual([1, 10, 20]);
  });
});
