import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import type { TableSpec } from '../../../mover/index.ts';
import { lookAtRow, preflight } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const utf8 = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';
const fenceNow = { lockTimeoutMs: 15_000 };

const schema = [
  `CREATE TABLE customers (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE,
     first_name VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL, last_name VARCHAR(40) NOT NULL,
     cents INT NOT NULL, country CHAR(2) NOT NULL, twice INT AS (cents * 2) STORED) ${utf8}`,
  `CREATE TABLE cats (id INT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL) ${utf8}`,
  `CREATE TABLE dogs (id INT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL) ${utf8}`,
  `CREATE TABLE events (id INT NOT NULL PRIMARY KEY, kind CHAR(1) NOT NULL, body TEXT NULL) ${utf8}`,
];
const targetSchema = [
  `CREATE TABLE people (person INT NOT NULL AUTO_INCREMENT PRIMARY KEY, mail VARCHAR(80) NOT NULL UNIQUE,
     full_name VARCHAR(90) NOT NULL, euros DECIMAL(12,2) NULL, since DATETIME NOT NULL DEFAULT '2020-01-01') ${utf8}`,
  `CREATE TABLE pets (kind CHAR(3) NOT NULL, id INT NOT NULL, called VARCHAR(40) NOT NULL, PRIMARY KEY (kind, id)) ${utf8}`,
  `CREATE TABLE events_a (id INT NOT NULL PRIMARY KEY, body TEXT NULL) ${utf8}`,
  `CREATE TABLE events_b (id INT NOT NULL PRIMARY KEY, body TEXT NULL) ${utf8}`,
];

const customers: TableSpec = {
  table: 'customers',
  into: 'people',
  where: "country = 'KR'",
  columns: ['id', 'email'],
  rename: { id: 'person', email: 'mail' },
  set: { full_name: "CONCAT(first_name, '|', last_name)", euros: 'cents / 100', since: "'2020-01-01'" },
  back: {
    first_name: "SUBSTRING_INDEX(full_name, '|', 1)",
    last_name: "SUBSTRING_INDEX(full_name, '|', -1)",
    cents: 'euros * 100',
    country: "'KR'",
  },
};
const pet = (table: string, kind: string): TableSpec => ({
  table,
  into: 'pets',
  rename: { name: 'called' },
  set: { kind },
});
const event = (kind: string): TableSpec => ({
  table: 'events',
  into: `events_${kind}`,
  where: `kind = '${kind}'`,
  back: { kind: `'${kind}'` },
});
const tables = [customers, pet('cats', "'cat'"), pet('dogs', "'dog'"), event('a'), event('b')];

/** The same question in the words of either side. */
const questions: readonly [legacy: string, service: string][] = [
  [
    "SELECT id, email, CONCAT(first_name, '|', last_name), cents FROM customers WHERE country = 'KR' ORDER BY id",
    'SELECT person, mail, full_name, CAST(euros * 100 AS SIGNED) FROM people ORDER BY person',
  ],
  ['SELECT id, name FROM cats ORDER BY id', "SELECT id, called FROM pets WHERE kind = 'cat' ORDER BY id"],
  ['SELECT id, name FROM dogs ORDER BY id', "SELECT id, called FROM pets WHERE kind = 'dog' ORDER BY id"],
  ["SELECT id, body FROM events WHERE kind = 'a' ORDER BY id", 'SELECT id, body FROM events_a ORDER BY id'],
  ["SELECT id, body FROM events WHERE kind = 'b' ORDER BY id", 'SELECT id, body FROM events_b ORDER BY id'],
];

async function ask(connection: mysql.Connection, sql: string): Promise<unknown[][]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return rows as unknown as unknown[][];
}

async function expectEqual(fixture: MoveFixture): Promise<void> {
  for (const [legacy, service] of questions) {
    expect(await ask(fixture.target, service), service).toEqual(await ask(fixture.source, legacy));
  }
}

describeEachEngine('a mapped move', (lane) => {
  it('shows one row as each side has it, by its own names', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, targetSchema, tables });
    const { source, target, spec } = fixture;
    await source.query(
      "INSERT INTO customers (id, email, first_name, last_name, cents, country) VALUES (7, 'a@x', 'An', 'Na', 250, 'KR')",
    );
    await target.query(
      "INSERT INTO people (person, mail, full_name, euros) VALUES (7, 'a@x', 'An|Na', 2.50), (8, 'b@x', 'B|B', NULL)",
    );
    expect(await lookAtRow(spec, 'customers', ['07'])).toMatchObject([
      { key: { id: '7' }, on: { source: true, target: true }, equal: true },
    ]);
    await target.query("UPDATE people SET mail = 'other\n@x' WHERE person = 7");
    const [row] = await lookAtRow(spec, 'customers', ['7']);
    expect(row?.columns.filter(({ equal }) => !equal)).toMatchObject([
      { source: 'a@x', target: 'other\u{fffd}@x' },
    ]);
    expect(await lookAtRow(spec, 'customers', ['8'])).toMatchObject([
      { on: { source: false, target: true }, equal: false },
    ]);
    expect(await lookAtRow(spec, 'customers', ['9'])).toEqual([]);
    await expect(lookAtRow(spec, undefined, ['7'])).rejects.toMatchObject({ code: 'BANYAN_TABLE_UNKNOWN' });
    await expect(lookAtRow(spec, 'customers', ['7', '8'])).rejects.toMatchObject({
      code: 'BANYAN_KEY_UNREADABLE',
    });
  });

  it('goes there by LOAD DATA, and comes back by INSERT', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, targetSchema, tables });
    const { source, target } = fixture;
    await source.query("SET sql_mode = ''");
    for (let id = 1; id <= 40; id += 1) {
      const country = ['KR', 'SE', 'DE'][id % 3];
      await source.query(
        'INSERT INTO customers (id, email, first_name, last_name, cents, country) VALUES ?',
        [[[id, `c${id}@x`, `Zoë${id}`, `김${id}`, id * 7, country]]],
      );
      await source.query('INSERT INTO events VALUES (?, ?, ?)', [
        id,
        'abc'[id % 3],
        id % 5 ? `e${id}` : null,
      ]);
      if (id % 2) await source.query('INSERT INTO cats VALUES (?, ?)', [id, `cat ${id}`]);
      if (id % 3) await source.query('INSERT INTO dogs VALUES (?, ?)', [id, `dog ${id}`]);
    }
    expect(await preflight(fixture.spec)).toEqual([]);
    const move = await fixture.open({
      tuning: { writeWith: 'infile', chunkRowsAtFirst: 5, chunkRowsMax: 5 },
    });
    await move.fence('target', fenceNow);
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    // Rows leave the scope and come into it, swap a unique value, change their key, go and come.
    await source.query("UPDATE customers SET country = 'DE' WHERE id = 3");
    await source.query("UPDATE customers SET country = 'KR' WHERE id = 4");
    await source.query("UPDATE customers SET email = 'tmp' WHERE id = 6");
    await source.query("UPDATE customers SET email = 'c6@x' WHERE id = 9");
    await source.query("UPDATE customers SET email = 'c9@x', cents = -5 WHERE id = 6");
    await source.query('UPDATE customers SET id = 1000 WHERE id = 12');
    await source.query("UPDATE events SET kind = 'b' WHERE id = 3");
    await source.query("UPDATE events SET kind = 'c' WHERE id = 6");
    await source.query("UPDATE events SET kind = 'a' WHERE id = 5");
    await source.query("UPDATE cats SET name = 'renamed' WHERE id = 7");
    await source.query('DELETE FROM dogs WHERE id = 7');
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    await expectEqual(fixture);
    expect((await ask(target, 'SELECT COUNT(*) FROM people'))[0]?.[0]).toBe(13);
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
    await move.raiseAutoIncrement();

    expect(await preflight(fixture.reverse, { targetRows: 'any' })).toEqual([]);
    const untouched = async () => [
      await ask(source, "SELECT * FROM customers WHERE country <> 'KR' ORDER BY id"),
      await ask(source, "SELECT * FROM events WHERE kind NOT IN ('a', 'b') ORDER BY id"),
    ];
    const before = await untouched();
    const back = await fixture.open({
      spec: fixture.reverse,
      tuning: { writeWith: 'insert', chunkRowsAtFirst: 5 },
    });
    await back.installCapture();
    const reverse = back.startApplying();
    await move.openFence('target');
    await applier.stop();
    await target.query("UPDATE people SET full_name = 'Änne|Öz', euros = 12.34 WHERE person = 6");
    await target.query(
      "INSERT INTO people (person, mail, full_name, euros) VALUES (2000, 'new', 'A|B', 0.5)",
    );
    await target.query('DELETE FROM people WHERE person = 9');
    await target.query("UPDATE pets SET kind = 'dog', id = 500 WHERE kind = 'cat' AND id = 9");
    await target.query("UPDATE pets SET called = 'both' WHERE id = 11");
    await target.query("DELETE FROM pets WHERE kind = 'cat' AND id = 13");
    await target.query("UPDATE events_a SET body = 'changed' WHERE id = 9");
    await target.query('DELETE FROM events_b WHERE id = 1');
    await back.fence('source', fenceNow);
    await reverse.drain({ deadlineMs: 30_000 });
    await expectEqual(fixture);
    expect(await back.verify()).toMatchObject({ different: 0, unsettled: 0 });
    expect(await untouched()).toEqual(before);

    // A copy that begins again puts right what is in the scope, and leaves alone what is not.
    const legacy = await fixture.connect('source');
    await back.restartCopy();
    await back.copy();
    await expectEqual(fixture);
    expect(await untouched()).toEqual(before);
    expect(await ask(legacy, 'SELECT COUNT(*) FROM customers WHERE twice <> cents * 2')).toEqual([[0]]);
  });

  it('says what differs under the plan, and nothing of rows outside the scope', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, targetSchema, tables });
    const { source, target } = fixture;
    await source.query(
      "INSERT INTO customers (id, email, first_name, last_name, cents, country) VALUES (1, 'a', 'A', 'B', 100, 'KR'), (2, 'b', 'A', 'B', 100, 'SE'), (3, 'c', 'A', 'B', 100, 'KR')",
    );
    await source.query("INSERT INTO cats VALUES (1, 'Tom')");
    await source.query("INSERT INTO dogs VALUES (1, 'Rex')");
    const move = await fixture.open();
    await move.installCapture();
    move.startApplying();
    await move.copy();
    await target.query("UPDATE people SET euros = 9.99, full_name = 'X|Y' WHERE person = 1");
    await target.query("INSERT INTO people (person, mail, full_name) VALUES (2, 'b', 'A|B')");
    await target.query("UPDATE pets SET called = 'Max' WHERE kind = 'dog'");
    await target.query("INSERT INTO pets VALUES ('cow', 1, 'Berta')");
    const report = await move.verify();
    expect(report).toMatchObject({ different: 3, unsettled: 0, rowsCompared: 4 });
    expect(report.tables.find(({ table }) => table === 'customers+people')?.samples).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: { id: '2' }, kind: 'extra' }),
        {
          key: { id: '1' },
          kind: 'changed',
          columns: {
            full_name: { source: 'A|B', target: 'X|Y' },
            euros: expect.objectContaining({ target: expect.stringMatching(/^9\.990*$/) }),
          },
        },
      ]),
    );
    expect(report.tables.find(({ table }) => table === 'dogs+pets')).toMatchObject({ different: 1 });
  });

  it('is refused, all faults at once, where it cannot work', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema,
      targetSchema,
      tables: [
        {
          table: 'customers',
          into: 'people',
          columns: ['id', 'nothing'],
          where: "country = 'KR' AND id IN (SELECT 1)",
          set: { full_name: 'CONCAT(first_name', euros: 'RAND()', mail: 'email' },
        },
        { table: 'cats', into: 'pets', rename: { name: 'called' }, set: { kind: 'SUBSTR(name, 1, 3)' } },
        { table: 'dogs', into: 'events_a' },
      ],
    });
    const faults = await preflight(fixture.spec);
    const found = (code: string) => faults.filter((fault) => fault.code === code).map((fault) => fault.what);
    expect(found('BANYAN_MAPPING_UNKNOWN')).toEqual([expect.stringContaining('nothing')]);
    expect(found('BANYAN_MAPPING_SQL')).toEqual([
      expect.stringContaining('SELECT 1'),
      expect.stringContaining('CONCAT(first_name'),
      expect.stringContaining('RAND()'),
    ]);
    expect(found('BANYAN_MAPPING_KEY')).toEqual([
      expect.stringContaining('customers'),
      expect.stringContaining('cats'),
    ]);
    expect(found('BANYAN_COLUMN_EXTRA').join()).toMatch(/person.*since/);
    expect(found('BANYAN_MAPPING_ONE_WAY').join()).toMatch(/first_name.*last_name.*cents.*country/);
    expect(found('BANYAN_COLUMN_MISSING')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/people has no column for id/),
        expect.stringMatching(/name/),
      ]),
    );
  });
});
