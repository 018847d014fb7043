import fc from 'fast-check';
import { expect, test } from 'vitest';
import { feedValue } from '../../../mover/feed/feed-value.ts';
import { keyToken, subjectToken } from '../../../mover/feed/subject-token.ts';
import { feedKeyFaults } from '../../../mover/preflight/feed-key-faults.ts';
import { type TableShape, uniqueOver } from '../../../mover/shape/table-shape.ts';
import { column } from './column.ts';

const text = fc.string({ unit: 'binary', maxLength: 300 });

test('any key is one token of a subject, and different keys have different ones', () => {
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 3 }),
      fc.array(text, { minLength: 1, maxLength: 3 }),
      (one, other) => {
        expect(keyToken(one)).toMatch(/^[!-~]{1,255}$/);
        expect(keyToken(one)).not.toMatch(/[.*>\s]/);
        expect(keyToken(one) === keyToken(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      },
    ),
  );
  expect(keyToken(['', 'a,b', '김', 4])).toBe('%,a%2Cb,%EA%B9%80,4');
  expect(keyToken([''])).not.toBe(keyToken(['%']));
  expect(subjectToken('a.b')).toBe('a%2Eb');
});

test('integers are numbers as far as JSON’s readers have them', () => {
  const integer = column('no', 'bigint');
  for (const digits of ['0', '-7', '9007199254740991', '-9007199254740991']) {
    expect(feedValue(integer, Buffer.from(digits))).toBe(Number(digits));
  }
  for (const digits of ['9007199254740992', '18446744073709551615']) {
    expect(feedValue(integer, Buffer.from(digits))).toBe(digits);
  }
});

test('a table whose key another one has on the other side is refused where there is a feed, in both directions', () => {
  const shape = (table: string, key: readonly string[]): TableShape => ({
    ...{ database: 'd', table, tableType: 'BASE TABLE', storageEngine: 'InnoDB', rowsEstimate: 0 },
    columns: [...new Set(['id', 'body', ...key])].map((name) => column(name, 'int')),
    uniqueIndexes: [uniqueOver('PRIMARY', key)],
  });
  const legacy = shape('cats', ['id']);
  const service = shape('pets', ['kind', 'id']);
  const spec = { table: 'cats', into: 'pets', set: { kind: '1' } };
  expect(feedKeyFaults({ feed: { service: 'target' } }, spec, legacy, service)).toMatchObject([
    { code: 'BANYAN_FEED_KEY' },
  ]);
  expect(feedKeyFaults({}, spec, legacy, service)).toEqual([]);
  const same = { table: 'cats', into: 'pets' };
  expect(feedKeyFaults({ feed: { service: 'target' } }, same, legacy, shape('pets', ['id']))).toEqual([]);
});
