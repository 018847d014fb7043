import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashRow } from '../../../mover/capture/binlog/row-hasher.ts';
import { inverseTable } from '../../../mover/move-spec.ts';
import { groupKey } from '../../../mover/plan/group-key.ts';
import { makeTablePlan } from '../../../mover/plan/make-table-plan.ts';
import { rowHashSql } from '../../../mover/plan/row-hash-key.ts';
import { feedKeyFaults } from '../../../mover/preflight/feed-key-faults.ts';
import { groupCascadeFaults, groupKeyFaults } from '../../../mover/preflight/group-key-faults.ts';
import type { RawRow } from '../../../mover/sql/session.ts';
import { pairRows } from '../../../mover/verify/pair-rows.ts';
import { column, tableShape } from './column.ts';

const text = (name: string, nullable = false) => ({
  ...column(name, 'varchar', { charset: 'utf8mb4' }),
  nullable,
});

describe('the key of a table that goes by all columns', () => {
  const here = tableShape([text('a', true), column('n', 'int'), column('f', 'double'), column('j', 'json')], {
    uniqueIndexes: [],
  });

  it('is a hash of the columns that both sides print alike, the same on both', () => {
    const key = groupKey({}, here, { ...here, columns: here.columns.toReversed() });
    expect(key?.source.map(({ hashed }) => hashed?.map(({ name }) => name))).toEqual([['a', 'n']]);
    expect(key?.target).toEqual(key?.source);
  });

  it('has the columns that lead in front', () => {
    const key = groupKey({ by: ['N'] }, here, here);
    expect(key?.source.map(({ shape }) => shape.name)).toEqual(['n', 'row_hash']);
    expect(groupKey({ by: ['a'] }, here, here)).toBeNull();
    expect(groupKey({ by: ['x'] }, here, here)).toBeNull();
  });

  it('is none where nothing tells rows apart, or the table is mapped', () => {
    const values = tableShape([column('f', 'double'), column('j', 'json')], { uniqueIndexes: [] });
    expect(groupKey({}, values, values)).toBeNull();
    expect(
      groupKeyFaults({ table: 't', key: 'all columns' }, values, values).map(({ code }) => code),
    ).toEqual(['BANYAN_TABLE_NO_KEY']);
    const mapped = { table: 't', key: 'all columns', where: 'n > 1' } as const;
    expect(() => makeTablePlan(mapped, here, here)).toThrow('has no key');
    expect(groupKeyFaults(mapped, here, here).map(({ code }) => code)).toEqual(['BANYAN_KEY_BY']);
  });

  it('is nothing that a feed could tell a deletion by', () => {
    const table = { table: 't', key: 'all columns' } as const;
    const codes = (feed: object) => feedKeyFaults(feed, table, here, here).map(({ code }) => code);
    expect(codes({ feed: { service: 'target' } })).toEqual(['BANYAN_FEED_KEY']);
    expect(codes({})).toEqual([]);
  });

  it('makes a plan of groups, whose checksum counts equal rows', () => {
    const plan = makeTablePlan({ table: 't', key: 'all columns' }, here, here);
    expect(plan.source.groups).toBe(true);
    expect(plan.source.checksum([0], 'TRUE')).toContain('SUM(');
    expect(plan.source.checksum([0], 'TRUE')).not.toContain('BIT_XOR');
  });

  it('goes back by the same word', () => {
    expect(inverseTable({ table: 't', key: 'all columns', by: ['n'] })).toMatchObject({
      key: 'all columns',
      by: ['n'],
    });
  });

  it('says the row that a trigger speaks of', () => {
    const sql = rowHashSql([{ name: 'a', shape: text('a') }], 'NEW');
    expect(sql).toContain('NEW.`a`');
  });
});

it('a foreign key that sets columns of such a table is refused, one that deletes its rows is not', () => {
  const key = {
    ...{ name: 'c_p', database: 'd', child: 'c', columns: ['p_id'] },
    ...{ parentDatabase: 'd', parent: 'p', parentColumns: ['id'] },
  };
  const spec = { tables: [{ table: 'p' }, { table: 'c', key: 'all columns' }] } as never;
  const faults = (onDelete: string, onUpdate: string) =>
    groupCascadeFaults([{ ...key, onDelete, onUpdate }], 'd', spec, 'source').length;
  expect(faults('SET NULL', 'CASCADE')).toBe(1);
  expect(faults('CASCADE', 'SET NULL')).toBe(1);
  expect(faults('CASCADE', 'CASCADE')).toBe(0);
  expect(faults('RESTRICT', 'NO ACTION')).toBe(0);
});

describe('hashRow', () => {
  const shapes = [text('a', true), text('b', true), { ...column('n', 'int'), nullable: true }];
  it('tells apart what a list of texts could be mistaken for', () => {
    const value = fc.option(fc.constantFrom('', 'N', ',', 'N,N', '1', '0,', 'a', ',1,a'));
    fc.assert(
      fc.property(fc.tuple(value, value, value), fc.tuple(value, value, value), (one, other) => {
        const same = one.every((text, index) => text === other[index]);
        // A number is never one of these texts.
        const isNumber = (row: typeof one) => row[2] === null || row[2] === '1';
        fc.pre(isNumber(one) && isNumber(other));
        expect(hashRow(shapes, one) === hashRow(shapes, other)).toBe(same);
      }),
    );
  });
});

describe('pairRows', () => {
  const row = (value: string): RawRow => [Buffer.from(value)];
  const equal = (one: RawRow, other: RawRow) => one[0]?.equals(other[0] ?? Buffer.alloc(1)) ?? false;
  const pairs = (source: string, target: string) =>
    pairRows([...source].map(row), [...target].map(row), equal);
  const count = (text: string, one: string) => [...text].filter((other) => other === one).length;

  it('finds two lists equal exactly where each row is in both as often', () => {
    const rows = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
    fc.assert(
      fc.property(rows, rows, (source, target) => {
        const found = pairs(source, target);
        const same = ['a', 'b', 'c'].every((one) => count(source, one) === count(target, one));
        expect(found.every((pair) => pair.equal)).toBe(same);
        expect(found.filter((pair) => pair.source !== null)).toHaveLength(source.length);
        expect(found.filter((pair) => pair.target !== null)).toHaveLength(target.length);
      }),
    );
  });
});
