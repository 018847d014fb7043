import { expect, test } from 'vitest';
import type { Call } from '../../../rpc/client/call.ts';
import { InFlight } from '../../../rpc/client/in-flight.ts';

function begin(calls: InFlight): Call {
  const call = { seqid: calls.nextId() } as Call;
  calls.add(call);
  return call;
}

test('a call that lasts keeps its id while a million others come and go', () => {
  const calls = new InFlight();
  const slow = begin(calls);
  const seen = new Set<number>();
  for (let i = 0; i < 1_000_000; i++) {
    const call = begin(calls);
    if (i < 1_000) seen.add(call.seqid);
    if (calls.take(call.seqid) !== call) throw new Error(`call ${i} was not found`);
  }
  expect(seen.size).toBe(1_000);
  expect(calls.size).toBe(1);
  expect(calls.take(slow.seqid)).toBe(slow);
});

test('thousands at once are told apart, and an id that none has finds none', () => {
  const calls = new InFlight();
  const begun = Array.from({ length: 5_000 }, () => begin(calls));
  expect(new Set(begun.map((call) => call.seqid)).size).toBe(5_000);
  for (const call of begun.slice(0, 2_500)) expect(calls.take(call.seqid)).toBe(call);
  expect(calls.take(begun[0]!.seqid)).toBe(null);
  expect(calls.take(2_000_000)).toBe(null);
  expect(new Set(calls.takeAll())).toEqual(new Set(begun.slice(2_500)));
  expect(calls.size).toBe(0);
});
