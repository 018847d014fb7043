import { describe, expect, it } from 'vitest';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import type { MoveSpec } from '../../../mover/move-spec.ts';
import { isRecent, pairFaults, serverFaults } from '../../../mover/preflight/check-servers.ts';
import { comparePair } from '../../../mover/preflight/compare-pair.ts';
import { comparableType, compareTables } from '../../../mover/preflight/compare-tables.ts';
import { foreignKeyFaults } from '../../../mover/preflight/foreign-key-faults.ts';
import { loadWarnings } from '../../../mover/preflight/load-warnings.ts';
import { unmatchedUnique } from '../../../mover/preflight/unmatched-unique.ts';
import { isGranted, parseGrant } from '../../../mover/privileges/grants.ts';
import { type TableShape, type UniqueIndex, uniqueOver } from '../../../mover/shape/table-shape.ts';
import { derivedName, quoteName, quoteText } from '../../../mover/sql/names.ts';
import type { Session } from '../../../mover/sql/session.ts';
import { fileName } from '../../../mover/watch/file-name.ts';
import { column, tableShape } from './column.ts';

describe('grants', () => {
  const grants = (...lines: string[]) => lines.flatMap((line) => parseGrant(line) ?? []);

  it('reads privileges of servers, databases and tables', () => {
    const some = grants(
      "GRANT PROCESS ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*AB'",
      'GRANT SELECT, INSERT (a, b), LOCK TABLES ON `shop`.* TO `u`@`%`',
      'GRANT TRIGGER ON `shop`.`products` TO `u`@`%` WITH GRANT OPTION',
      'GRANT `role`@`%` TO `u`@`%`',
    );
    expect(some).toHaveLength(3);
    expect(isGranted(some, 'PROCESS', {})).toBe(true);
    expect(isGranted(some, 'SELECT', {})).toBe(false);
    expect(isGranted(some, 'LOCK TABLES', { database: 'shop' })).toBe(true);
    expect(isGranted(some, 'TRIGGER', { database: 'shop', table: 'products' })).toBe(true);
    expect(isGranted(some, 'TRIGGER', { database: 'shop', table: 'orders' })).toBe(false);
    expect(isGranted(some, 'SELECT', { database: 'other', table: 'products' })).toBe(false);
  });

  it('takes ALL for everything and database names for the patterns they are', () => {
    const all = grants('GRANT ALL PRIVILEGES ON `shop\\_%`.* TO `u`@`%`');
    expect(isGranted(all, 'TRIGGER', { database: 'shop_kr' })).toBe(true);
    expect(isGranted(all, 'TRIGGER', { database: 'shopakr' })).toBe(false);
    expect(isGranted(grants('GRANT ALL ON *.* TO `root`@`%`'), 'PROCESS', {})).toBe(true);
  });
});

describe('compareTables', () => {
  const id = column('id', 'int', { autoIncrement: true });
  const codes = (source = tableShape([id]), target = tableShape([id])) =>
    compareTables(source, target).map((fault) => fault.code);

  it('finds nothing wrong with equal tables', () => {
    expect(codes()).toEqual([]);
  });

  it('lets the engines print the same type differently', () => {
    expect(comparableType('int(10) unsigned')).toBe(comparableType('int unsigned'));
    expect(comparableType('int(8) unsigned zerofill')).not.toBe(comparableType('int unsigned'));
    expect(comparableType("enum('A','b(1)')")).not.toBe(comparableType("enum('a','b(1)')"));
    const json = column('j', 'json', { nullable: true });
    const text = column('j', 'longtext', { nullable: true, charset: 'utf8mb4', kind: 'text' });
    expect(codes(tableShape([id, json]), tableShape([id, text]))).toEqual([]);
    expect(codes(tableShape([id, text]), tableShape([id, json]))).toEqual([]);
  });

  it('refuses what the engines cannot compare, and generated on one side', () => {
    const unknown = column('v', 'of_tomorrow');
    expect(codes(tableShape([id, unknown]), tableShape([id, unknown]))).toContain(
      'BANYAN_COLUMN_UNSUPPORTED',
    );
    const generated = column('g', 'int', { generated: true });
    expect(codes(tableShape([id, generated]), tableShape([id]))).toEqual([]);
    expect(codes(tableShape([id, column('g', 'int')]), tableShape([id, generated]))).toEqual([
      'BANYAN_COLUMN_DIFFERS',
    ]);
  });

  it('wants collations of unique columns to be the same, and leaves others alone', () => {
    const text = (collation: string) => column('s', 'varchar', { charset: 'utf8mb4', collation });
    const unique = [uniqueOver('PRIMARY', ['id']), uniqueOver('s', ['s'])];
    const shape = (collation: string, uniqueIndexes = unique) =>
      tableShape([id, text(collation)], { uniqueIndexes });
    expect(codes(shape('utf8mb4_bin'), shape('utf8mb4_unicode_ci'))).toEqual(['BANYAN_COLLATION_DIFFERS']);
    const plain = unique.slice(0, 1);
    expect(codes(shape('utf8mb4_bin', plain), shape('utf8mb4_unicode_ci', plain))).toEqual([]);
  });
});

describe('unique indexes', () => {
  const id = column('id', 'int');
  const mail = column('mail', 'varchar', { charset: 'utf8mb4', collation: 'utf8mb4_bin' });
  const shape = (...parts: UniqueIndex['parts']) =>
    tableShape([id, mail], { uniqueIndexes: [uniqueOver('PRIMARY', ['id']), { name: 'u', parts }] });
  const [ten, twelve] = [10, 12].map((length) => shape({ column: 'mail', length })) as [
    TableShape,
    TableShape,
  ];
  const lower = shape({ column: null, expression: 'lower(`mail`)' });
  const codes = (...pair: readonly [TableShape, TableShape]) =>
    compareTables(...pair).map(({ code }) => code);

  it('are the same over as many characters, and over one expression', () => {
    expect([codes(ten, ten), codes(lower, lower)]).toEqual([[], []]);
    const differs = ['BANYAN_UNIQUE_DIFFERS', 'BANYAN_UNIQUE_DIFFERS'];
    expect(codes(ten, twelve)).toEqual(differs);
    expect(codes(ten, shape({ column: 'mail', length: null }))).toEqual(differs);
    expect(codes(lower, shape({ column: null, expression: 'upper(`mail`)' }))).toEqual(differs);
  });

  it('over the members of an array are refused, mapped or not', () => {
    const array = shape({
      column: null,
      expression: "cast(json_extract(`mail`,_utf8mb4'$.ids') as unsigned array)",
    });
    expect(codes(array, array)).toEqual(['BANYAN_UNIQUE_UNSUPPORTED', 'BANYAN_UNIQUE_UNSUPPORTED']);
    const mapped = comparePair({ table: 'products', into: 'goods' }, ten, array);
    expect(mapped.map(({ code }) => code)).toContain('BANYAN_UNIQUE_UNSUPPORTED');
    expect(codes(lower, lower)).toEqual([]);
  });

  it('over an expression are told of in a mapped table, unless the other side has it in the same words', () => {
    const mapped = { table: 'products', into: 'goods' };
    const renamed = { ...mapped, rename: { MAIL: 'address' } };
    const there = (expression: string) =>
      tableShape([id, { ...mail, name: 'address' }], {
        table: 'goods',
        uniqueIndexes: [uniqueOver('PRIMARY', ['id']), { name: 'v', parts: [{ column: null, expression }] }],
      });
    const told = (...of: Parameters<typeof unmatchedUnique>) =>
      unmatchedUnique(...of).map(({ what }) => what.split(' is over')[0]);
    expect(comparePair(mapped, ten, ten)).toEqual([]);
    expect(comparePair(renamed, lower, there('lower(`address`)'))).toEqual([]);
    expect(told(mapped, ten, ten, false)).toEqual([]);
    expect(told(mapped, lower, lower, false)).toEqual([]);
    expect(told(renamed, lower, there('lower(`Address`)'), false)).toEqual([]);
    const both = ['unique index v of shop.goods', 'unique index u of shop.products'];
    expect(told(renamed, lower, there("concat('`mail`',`address`)"), false)).toEqual(both);
    expect(told(renamed, lower, there("concat('`mail`',`address`)"), true)).toEqual(both.slice(0, 1));
    // A column that `set` computes has no counterpart.
    const set = { address: 'UPPER(mail)' };
    expect(told({ ...mapped, set }, lower, there('lower(`address`)'), false)).toEqual(both);
  });
});

describe('foreign keys', () => {
  const key = (child: string, parent: string, onDelete: string) => ({
    name: 'fk',
    database: 'shop',
    child,
    columns: ['parent_id'],
    parentDatabase: 'shop',
    parent,
    parentColumns: ['id'],
    onDelete,
    onUpdate: 'RESTRICT',
  });
  const codes = (one: ReturnType<typeof key>, side: 'source' | 'target' = 'source') =>
    foreignKeyFaults([one], 'shop', ['orders', 'lines'], side).map((fault) => fault.code);

  it('lets a key inside the set be, cascading or not', () => {
    for (const rule of ['RESTRICT', 'CASCADE', 'SET NULL']) {
      expect(codes(key('lines', 'orders', rule))).toEqual([]);
      expect(codes(key('lines', 'orders', rule), 'target')).toEqual([]);
    }
  });
  it('refuses rows that a parent outside the set changes, on either side', () => {
    expect(codes(key('lines', 'products', 'CASCADE'))).toEqual(['BANYAN_FOREIGN_KEY_CASCADE']);
    expect(codes(key('lines', 'products', 'SET NULL'), 'target')).toEqual(['BANYAN_FOREIGN_KEY_CASCADE']);
  });
  it('refuses a key across the border, on the source', () => {
    expect(codes(key('lines', 'products', 'RESTRICT'))).toEqual(['BANYAN_FOREIGN_KEY_CROSSES']);
    expect(codes(key('payments', 'orders', 'CASCADE'))).toEqual(['BANYAN_FOREIGN_KEY_CROSSES']);
    expect(codes(key('payments', 'orders', 'CASCADE'), 'target')).toEqual([]);
    expect(codes(key('payments', 'products', 'CASCADE'))).toEqual([]);
  });
});

describe('servers', () => {
  const facts = { version: '9.7.4', readOnly: false, logsStatements: false, zoneSeconds: 0, clockMs: 0 };

  it('refuses those that take no writes of a mover', () => {
    const endpoint = { host: 'db', port: 3307 } as DatabaseEndpoint;
    const told = serverFaults(endpoint, { ...facts, readOnly: true, logsStatements: true });
    expect(told.map(({ code }) => code)).toEqual(['BANYAN_SERVER_READ_ONLY', 'BANYAN_LOGS_STATEMENTS']);
    expect(serverFaults(endpoint, facts)).toEqual([]);
  });
  it('knows which are recent enough', () => {
    expect(['8.0.16', '8.0.17', '9.7.4-2', '5.7.44'].map(isRecent)).toEqual([false, true, true, false]);
    expect(['10.11.19-MariaDB-0+deb12u1', '10.4.34-MariaDB'].map(isRecent)).toEqual([true, false]);
  });
  it('compares clocks and time zones', () => {
    expect(pairFaults(facts, { ...facts, clockMs: 1_500 })).toEqual([]);
    const codes = pairFaults({ ...facts, zoneSeconds: 32_400 }, { ...facts, clockMs: -9_000 }).map(
      (fault) => fault.code,
    );
    expect(codes).toEqual(['BANYAN_CLOCK_SKEW', 'BANYAN_TIME_ZONE_DIFFERS']);
  });
});

describe('loadWarnings', () => {
  const spec = {
    target: { host: 'db', port: 3307, database: 'service' },
    tables: [{ table: 'Orders' }, { table: 'plain' }],
  } as unknown as MoveSpec;
  const told = async (executesInBulk: boolean, mode: string) => {
    const texts = (sql: string) =>
      Promise.resolve(sql.includes('autoinc') ? [[mode]] : [['orders'], ['not_of_the_move']]);
    const session = { executesInBulk, texts } as unknown as Session;
    return (await loadWarnings(session, spec)).map(({ what }) => what);
  };

  it('tells where the counter of a table keeps its chunks from being loaded side by side', async () => {
    const here = expect.stringMatching(/innodb_autoinc_lock_mode of db:3307 is 1: .*a copy of orders about/);
    expect(await told(false, '1')).toEqual([here]);
    expect(await told(false, '2')).toEqual([]);
    expect(await told(true, '1')).toEqual([]);
  });
});

describe('names', () => {
  it('are at most 64 characters, the same each time, and different for different tables', () => {
    const long = 'a'.repeat(64);
    const names = [
      derivedName('banyan_capture_insert', 'shop', long),
      derivedName('banyan_capture_insert', 'shop', `${long.slice(1)}b`),
      derivedName('banyan_capture_insert', 'sho', `p${long}`),
      derivedName('banyan_capture_insert', 'shop', '상품🌳'.repeat(20)),
    ];
    expect(names.every((name) => [...name].length <= 64 && !name.includes('🌳'))).toBe(true);
    expect(new Set(names).size).toBe(4);
    expect(derivedName('banyan_capture_insert', 'shop', long)).toBe(names[0]);
  });
  it('are quoted', () => {
    expect([quoteName('a`b'), quoteText("a'b\\c")]).toEqual(['`a``b`', "'a''b\\\\c'"]);
  });
  it('are written for InnoDB as it writes them', () => {
    expect(fileName('my-shop_1')).toBe('my@002dshop_1');
  });
});
