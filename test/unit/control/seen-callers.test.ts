import { expect, test } from 'vitest';
import { others, SeenCallers } from '../../../control/watch/seen-callers.ts';

const read = (caller: string) => ({ table: 't', access: 'read' as const, caller, statement: 'select' });

test('callers have so much room and no more, are told once, and again where that failed', () => {
  const seen = new SeenCallers(2);
  for (const caller of ['a', 'b', 'a', 'c', 'd', 'x'.repeat(500)]) seen.note(read(caller));
  const taken = seen.take();
  expect(taken.map(({ caller, seen: times }) => [caller, times])).toEqual([
    ['a', 2],
    ['b', 1],
    [others, 3],
  ]);
  expect(seen.take()).toEqual([]);
  seen.note(read('a'));
  seen.putBack(taken);
  expect(seen.take().map(({ caller, seen: times }) => [caller, times])).toEqual([
    ['a', 3],
    ['b', 1],
    [others, 3],
  ]);
});
