import { expect, test } from 'vitest';
import { LastApplied } from '../../../mover/apply/last-applied.ts';

const key = (text: string) => [Buffer.from(text)];
const textsOf = (last: LastApplied) => last.keys().map(([value]) => String(value));

test('keeps the keys applied last, each once, and forgets the oldest', () => {
  const last = new LastApplied(3);
  last.add([key('a'), key('b')]);
  last.add([key('c'), key('a')]);
  expect(textsOf(last)).toEqual(['b', 'c', 'a']);
  last.add([key('d')]);
  expect(textsOf(last)).toEqual(['c', 'a', 'd']);
  last.add([key('1'), key('2'), key('3'), key('4')]);
  expect(textsOf(last)).toEqual(['2', '3', '4']);
});
