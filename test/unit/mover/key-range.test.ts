import { describe, expect, it } from 'vitest';
import {
  keyColumn,
  keyId,
  keysCondition,
  rangeCondition,
  rangeOfKey,
  wholeTable,
} from '../../../mover/plan/key-range.ts';
import { column } from './column.ts';

const id = keyColumn(column('id', 'bigint'));
const shop = keyColumn(column('shop', 'int'));
const sku = keyColumn(column('sku', 'varchar', { charset: 'utf8mb4' }));
const key = (...values: string[]) => values.map((value) => Buffer.from(value));

describe('rangeCondition', () => {
  it('is open at both ends for the whole table', () => {
    expect(rangeCondition([id], wholeTable)).toBe('TRUE');
  });

  it('takes no lower bound for granted: the first chunk includes every id below', () => {
    expect(rangeCondition([id], { after: null, upTo: key('-5') })).toBe('(`id` <= -5)');
    expect(rangeCondition([id], { after: key('7'), upTo: null })).toBe('(`id` > 7)');
  });

  it('excludes the lower bound and includes the upper one', () => {
    expect(rangeCondition([id], { after: key('1'), upTo: key('9') })).toBe('(`id` > 1 AND `id` <= 9)');
  });

  it('spells out the order of keys of several columns, with bounds an index can use', () => {
    expect(rangeCondition([shop, sku], { after: key('1', 'a'), upTo: key('2', 'b') })).toBe(
      "((`shop` >= 1 AND ((`shop` > 1) OR (`shop` = 1 AND `sku` > _utf8mb4 x'61')))" +
        " AND `shop` <= 2 AND NOT (`shop` >= 2 AND ((`shop` > 2) OR (`shop` = 2 AND `sku` > _utf8mb4 x'62'))))",
    );
  });

  it('holds one key and no other when it is closed', () => {
    expect(rangeCondition([id], rangeOfKey(key('7')))).toBe('(`id` >= 7 AND `id` <= 7)');
    expect(rangeCondition([shop, sku], rangeOfKey(key('1', 'a')))).toContain(
      "(`shop` >= 1 AND ((`shop` > 1) OR (`shop` = 1 AND `sku` >= _utf8mb4 x'61')))",
    );
  });

  it('uses other names where the key columns have other names', () => {
    expect(rangeCondition([{ ...id, sql: 'k1' }], { after: key('1'), upTo: null })).toBe('(k1 > 1)');
  });
});

describe('keysCondition', () => {
  it('lists keys of one column, and spells out those of several', () => {
    expect(keysCondition([id], [key('1'), key('2')])).toBe('`id` IN (1, 2)');
    expect(keysCondition([shop, id], [key('1', '2'), key('3', '4')])).toBe(
      '((`shop` = 1 AND `id` = 2) OR (`shop` = 3 AND `id` = 4))',
    );
  });
});

describe('keyId', () => {
  it('tells keys apart however their columns are cut', () => {
    expect(keyId(key('ab', 'c'))).not.toBe(keyId(key('a', 'bc')));
    expect(keyId(key('', ''))).not.toBe(keyId(key('')));
  });
});
