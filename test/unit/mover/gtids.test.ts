import { expect, it } from 'vitest';
import { GtidPosition } from '../../../mover/capture/binlog/gtid-position.ts';
import { GtidSet } from '../../../mover/capture/binlog/gtid-set.ts';
import { GtidTrail } from '../../../mover/capture/binlog/gtid-trail.ts';
import { knownTransactions } from '../../../mover/capture/binlog/known-transactions.ts';

const gtid = (text: string) => {
  const [domain = '', origin = '', number = ''] = text.split('-');
  return { domain, origin, number: BigInt(number) };
};
const of = (origin: string, number: number) => ({ domain: '', origin, number: BigInt(number) });

it('a set of transactions grows by one and by another set, in whatever order, and is printed as MySQL does', () => {
  const set = GtidSet.parse('A1:1-5:8,\n b2:1');
  set.add(of('a1', 6));
  set.add(of('b2', 3));
  expect(String(set)).toBe('a1:1-6:8,b2:1:3');
  set.addAll(GtidSet.parse('a1:2-7,b2:2,c3:9'));
  expect(String(set)).toBe('a1:1-8,b2:1-3,c3:9');
  expect([of('a1', 8), of('a1', 9), of('d4', 1)].map((one) => set.has(one))).toEqual([true, false, false]);
  expect(() => GtidSet.parse('a1:tag:1-5')).toThrow(RangeError);
});

it('of a place only the transactions that ended before it are told, though a hundred thousand came since', () => {
  const trail = new GtidTrail(GtidSet.parse('a:1-10'), () => GtidSet.parse(''));
  for (let n = 11; n <= 100_000; n += 1) trail.append(n, of('a', n));
  expect(trail.upTo(10)).toBe('a:1-10');
  // Ten thousand at a time are as one: too few are told, never too many.
  expect(trail.upTo(25_000)).toBe('a:1-20010');
  expect(trail.upTo(99_995)).toBe('a:1-99995');
  expect(trail.upTo(100_000)).toBe('a:1-100000');
  const position = new GtidTrail(GtidPosition.parse('0-1-5'), () => GtidPosition.parse(''));
  position.append(1, gtid('0-1-6'));
  position.append(3, gtid('0-2-7'));
  position.append(4, gtid('1-1-1'));
  expect([position.upTo(2), position.upTo(4)]).toEqual(['0-1-6', '0-2-7,1-1-1']);
});

it('in each domain everything is known up to the last that was read, unless the file begins after that', () => {
  const has = (begins: string[], events: string[]) => {
    const known = knownTransactions('mariadb', '0-1-5,1-1-9');
    known.fileBegins(begins.map(gtid));
    return events.map((event) => known.has(gtid(event)));
  };
  const events = ['0-2-4', '0-1-5', '0-2-6', '1-1-9', '1-1-10', '2-1-1'];
  expect(has([], events)).toEqual([true, true, false, true, false, false]);
  expect(has(['0-2-4', '0-1-5', '1-1-8'], events.slice(2))).toEqual([false, true, false, false]);
  // It is not where it was: nothing is passed over in silence.
  expect(() => has([], ['0-1-4', '0-1-6'])).toThrow(/0-1-5, the last that was read/);
});
