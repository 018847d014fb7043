import { expect, it } from 'vitest';
import { rankKeys } from '../../../mover/capture/binlog/rank-keys.ts';
import { column } from './column.ts';

const keys = (...values: string[]) => values.map((value) => [Buffer.from(value)]);

it('ranks integers by value, with equal ranks for equal keys', () => {
  const id = { sql: 'id', shape: column('id', 'bigint') };
  expect(rankKeys([id], keys('10', '-5', '9', '10', '18446744073709551615'))).toEqual([3, 1, 2, 3, 4]);
});

it('says nothing of text', () => {
  expect(rankKeys([{ sql: 'c', shape: column('c', 'varchar') }], keys('a', 'A'))).toBeUndefined();
});
