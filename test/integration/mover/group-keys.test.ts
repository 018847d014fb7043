import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { inspectData, inspectMove, lookAtRow } from '../../../mover/index.ts';
import { describeEachEngine, engineLane, engines } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const utf8 = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';
const schema = [`CREATE TABLE t (a INT, b VARCHAR(20)) ${utf8}`];
const tables = [{ table: 't', key: 'all columns' }] as const;
const fenceNow = { lockTimeoutMs: 15_000 };

async function values(connection: mysql.Connection, sql: string): Promise<unknown[][]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return rows as unknown as unknown[][];
}

describeEachEngine('a table that goes by all columns', (lane) => {
  it('rows of a group that change between the applier’s read and its delete are carried over after it', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables });
    await fixture.source.query("INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, 'y')");
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    // The batch has read two rows that are equal. By the time it deletes them on the target there are three, one of which
    // has been another one before, and then none of the kind that it also carries.
    points.once('apply:after-read', async () => {
      await fixture.source.query("UPDATE t SET a = 1, b = 'x' WHERE a = 2");
      await fixture.source.query('DELETE FROM t WHERE a = 3 LIMIT 1');
    });
    await fixture.source.query("INSERT INTO t VALUES (3, 'z'), (3, 'z')");
    await fixture.source.query('DELETE FROM t WHERE a = 1 LIMIT 1');
    await expect.poll(() => points.reached).toContain('apply:after-read');
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t', 'a, b');
    expect(target).toEqual(source);
    expect(source).toEqual([
      ['1', 'x'],
      ['1', 'x'],
      ['3', 'z'],
    ]);
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
  });

  it('a row that becomes equal to others while their chunk is copied is there as often on both sides', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables });
    await fixture.source.query("INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, 'y'), (3, 'z')");
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: { chunkRowsAtFirst: 1, chunkRowsMax: 1 } });
    await move.installCapture();
    const applier = move.startApplying();
    let steps = 0;
    points.at('copy:after-read', async () => {
      steps += 1;
      const step = steps;
      if (step === 1) await fixture.source.query("UPDATE t SET a = 1, b = 'x' WHERE a = 2");
      if (step === 2) await fixture.source.query("INSERT INTO t VALUES (1, 'x')");
      if (step === 3) await fixture.source.query("UPDATE t SET a = 2, b = 'y' WHERE a = 1 LIMIT 1");
    });
    await move.copy();
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t', 'a, b');
    expect(target).toEqual(source);
    expect(source).toHaveLength(5);
  });

  it('the hash is the same whatever the writer’s session is like', async () => {
    const wide = [
      `CREATE TABLE t (ts TIMESTAMP(3) NULL, ti TIME(1), y YEAR, d DECIMAL(9,3), c CHAR(9), k CHAR(5) CHARACTER SET ucs2,
         e ENUM('a','b'), s SET('x','y'), b BIT(12), n BIGINT UNSIGNED, z INT(7) ZEROFILL, v VARBINARY(9), x BINARY(3), l LONGTEXT, n2 INT) ${utf8}`,
    ];
    await using fixture = await MoveFixture.create(lane, { schema: wide, tables });
    const move = await fixture.open();
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    const row =
      "'2026-03-29 02:30:00.125', '-01:02:03.5', 1999, -1.25, 'é  ', '가', 'b', 'x,y', 9, 18446744073709551615, 7, x'00ff', x'01', REPEAT('l', 70000)";
    const settings = [
      "time_zone = '+05:30'",
      "sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'",
      "sql_mode = '', character_set_connection = latin1",
      "time_zone = '-11:00', character_set_client = euckr, lc_time_names = 'ko_KR'",
      'div_precision_increment = 9, group_concat_max_len = 4',
    ];
    const writer = await fixture.connect('source');
    for (const [index, setting] of settings.entries()) {
      await writer.query(`SET ${setting}`);
      await writer.query(
        `INSERT INTO t VALUES (${row.replace("'가'", 'NULL').replace("'é  '", "'e  '")}, ${index})`,
      );
      await writer.query(`INSERT INTO t (n2) VALUES (${index})`);
      await writer.query(
        `UPDATE t SET n2 = n2 + 100, ts = '2026-06-01 00:00:00.5' WHERE n2 = ${index} LIMIT 1`,
      );
      await writer.query(`DELETE FROM t WHERE n2 = ${index} LIMIT 1`);
      await writer.query(
        `INSERT INTO t VALUES (${row.replace("'가'", 'NULL').replace("'é  '", "'e'")}, ${index})`,
      );
    }
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0, rowsCompared: 10 });
  });

  it('verify counts equal rows, and repair makes them as many', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables });
    await fixture.source.query("INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, 'y'), (2, 'y'), (3, 'z')");
    const move = await fixture.open();
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    expect(await move.verify()).toMatchObject({ different: 0 });
    // Two of a kind for two of another: to an XOR of their hashes both are nothing, and the number of rows is the same.
    await fixture.target.query("UPDATE t SET a = 2, b = 'y' WHERE a = 1");
    const report = await move.verify();
    expect(report).toMatchObject({ different: 2, unsettled: 0 });
    const samples = report.tables[0]?.samples ?? [];
    expect(samples.map(({ kind }) => kind).sort()).toEqual(['extra', 'missing']);
    const extra = samples.find(({ kind }) => kind === 'extra');
    expect(extra).toMatchObject({
      key: { a: '2', b: 'y' },
      columns: { '(rows)': { source: '2', target: '4' } },
    });
    // One row of it, as the report names it.
    const hash = extra?.key.row_hash ?? '';
    expect(await lookAtRow(fixture.spec, 't', [hash])).toHaveLength(4);
    expect(await move.repair({ table: 't', keys: [[hash]] })).toMatchObject({ different: 1 });
    await expect.poll(async () => (await move.backlog()).entries).toBe(0);
    expect(await move.verify()).toMatchObject({ different: 1 });
    await move.repair();
    await expect.poll(async () => (await move.verify()).different).toBe(0);
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t', 'a, b');
    expect(target).toEqual(source);
  });

  it.each([{ by: [] }, { by: ['a'] }])(
    'copies, compares and repairs a group of more rows than are looked at or held at once, by $by',
    async ({ by }) => {
      const long = [`CREATE TABLE t (a INT NOT NULL, b VARCHAR(2000), KEY (a)) ${utf8}`];
      await using fixture = await MoveFixture.create(lane, {
        schema: long,
        tables: [{ table: 't', key: 'all columns', ...(by.length > 0 && { by }) }],
      });
      await fixture.source.query("INSERT INTO t VALUES (1, REPEAT('x', 2000)), (2, 'y')");
      for (let round = 0; round < 10; round += 1) {
        await fixture.source.query('INSERT INTO t SELECT * FROM t WHERE a = 1');
      }
      const move = await fixture.open({ tuning: { chunkBytesMax: 200_000, chunkRowsAtFirst: 500 } });
      await move.installCapture();
      const applier = move.startApplying();
      await move.copy();
      expect(await move.verify()).toMatchObject({ different: 0, rowsCompared: 1_025 });
      await fixture.target.query('DELETE FROM t WHERE a = 1 LIMIT 1');
      expect(await move.verify()).toMatchObject({ different: 1 });
      await fixture.source.query("INSERT INTO t VALUES (1, REPEAT('x', 2000))");
      await move.fence('source', fenceNow);
      await applier.drain({ deadlineMs: 30_000 });
      expect(await move.verify()).toMatchObject({ different: 0, rowsCompared: 1_026 });
      const { warnings } = await inspectData(fixture.spec);
      expect(warnings.find(({ code }) => code === 'BANYAN_ROWS_EQUAL')?.what).toMatch(
        /1,024 rows .* up to 1,025/,
      );
    },
  );

  it('neither waits for a writer’s open transaction, nor has writers wait', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables, capture: 'binlog' });
    await fixture.source.query("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')");
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    const open = await fixture.connect('source');
    // So that the application's own statements do not wait for each other.
    for (const connection of [open, fixture.source]) {
      await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    }
    await open.query('START TRANSACTION');
    await open.query("UPDATE t SET b = 'not committed' WHERE a = 1");
    await fixture.source.query("UPDATE t SET b = 'committed' WHERE a = 3");
    // A locking read of the whole table would wait for the open transaction.
    await expect
      .poll(() => values(fixture.target, 'SELECT b FROM t WHERE a = 3'), { timeout: 5_000 })
      .toEqual([['committed']]);
    await open.query('COMMIT');
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t', 'a, b');
    expect(target).toEqual(source);
  });

  it('copies once more over the rows that are there, chunks side by side and beside the applier', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables });
    await fixture.source.query("INSERT INTO t VALUES (1, 'x')");
    for (let round = 0; round < 12; round += 1) {
      await fixture.source.query(
        'INSERT INTO t SELECT a + (SELECT COUNT(*) FROM (SELECT 1 FROM t) AS n), b FROM t',
      );
    }
    const move = await fixture.open({ tuning: { chunkRowsAtFirst: 256, chunkRowsMax: 256 } });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await move.restartCopy();
    const copying = move.copy();
    for (let a = 1; a < 200; a += 1)
      await fixture.source.query('UPDATE t SET a = a + 7, b = NULL WHERE a = ?', [a]);
    await copying;
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t', 'a, b');
    expect(target).toEqual(source);
    expect(await move.verify()).toMatchObject({ different: 0, rowsCompared: 4_096 });
  });

  it('another key in the config stops what was captured by the one before', async () => {
    const led = [`CREATE TABLE t (a INT NOT NULL, b VARCHAR(20), KEY (a)) ${utf8}`];
    await using fixture = await MoveFixture.create(lane, { schema: led, tables });
    const move = await fixture.open();
    await move.installCapture();
    await move.close();
    const spec = { ...fixture.spec, tables: [{ table: 't', key: 'all columns', by: ['a'] }] } as const;
    const other = await fixture.open({ spec });
    await expect(other.checkFingerprint()).rejects.toMatchObject({ code: 'BANYAN_SCHEMA_CHANGED' });
    await other.dropCapture();
    await other.installCapture();
    await fixture.source.query("INSERT INTO t VALUES (1, 'x')");
    const applier = other.startApplying();
    await other.copy();
    await other.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    expect(await other.verify()).toMatchObject({ different: 0, rowsCompared: 1 });
  });

  it('rows that a restored owner lacks come back, as many as there were, and no client adds one meanwhile', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables });
    await fixture.source.query("INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, 'y'), (3, 'z')");
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await applier.stop();
    await fixture.source.query('DELETE FROM t WHERE a = 1 LIMIT 1');
    await fixture.source.query('DELETE FROM t WHERE a = 3');
    await fixture.source.query("INSERT INTO t VALUES (4, 'since')");
    const client = await fixture.connect('source');
    await client.query('SET SESSION innodb_lock_wait_timeout = 1');
    let refused: unknown = null;
    points.once('take-back:before-commit', async () => {
      // Were it taken, nothing would say whether it is one of the rows that have come back.
      refused = await client.query("INSERT INTO t VALUES (3, 'z')").catch((error) => error.errno);
    });
    const report = await move.takeBack({ inverse: fixture.reverse });
    expect(report.tables).toMatchObject([{ missing: 1, changed: 1, extra: 0, kept: 1 }]);
    expect(refused).toBe(1205);
    expect((await fixture.bothSides('t', 'a, b')).source).toEqual([
      ['1', 'x'],
      ['1', 'x'],
      ['2', 'y'],
      ['3', 'z'],
      ['4', 'since'],
    ]);
  });

  it('the preflight says what it costs, and that equal rows are carried', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables });
    await fixture.source.query("INSERT INTO t VALUES (1, 'x'), (1, 'x'), (NULL, NULL)");
    const { faults, warnings } = await inspectMove(fixture.spec);
    expect(faults).toEqual([]);
    expect(warnings.find(({ code }) => code === 'BANYAN_KEY_SCANS')?.what).toMatch(/all of its 3 rows/);
    const data = await inspectData(fixture.spec);
    expect(data.faults).toEqual([]);
    expect(data.warnings.find(({ code }) => code === 'BANYAN_ROWS_EQUAL')?.what).toMatch(
      /1 rows are equal .* up to 2 to each other, for instance those with a = 1, b = x/,
    );
    const unmoved = await inspectMove({ ...fixture.spec, tables: [{ table: 't' }] });
    const [fault] = unmoved.faults;
    expect(fault).toMatchObject({ code: 'BANYAN_TABLE_NO_KEY', fix: expect.stringContaining('INVISIBLE') });
    expect(fault?.what).toContain("key: 'all columns'");
  });
});

it('an index that leads is asked for on both sides', async () => {
  for (const engine of engines) {
    const lane = engineLane(engine);
    if (lane === null) continue;
    const led = (index: string) => [`CREATE TABLE t (a INT NOT NULL, b VARCHAR(20)${index}) ${utf8}`];
    await using fixture = await MoveFixture.create(lane, {
      ...{ schema: led(', KEY (a)'), targetSchema: led('') },
      tables: [{ table: 't', key: 'all columns', by: ['a'] }],
    });
    const codes = async () => (await inspectMove(fixture.spec)).warnings.map(({ code }) => code);
    expect(await codes()).toContain('BANYAN_KEY_SCANS');
    await fixture.target.query('ALTER TABLE t ADD KEY (a, b)');
    expect(await codes()).not.toContain('BANYAN_KEY_SCANS');
  }
});
