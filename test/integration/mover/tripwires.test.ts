import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { logName } from '../../../mover/capture/triggers/capture-names.ts';
import { describeEachEngine, type EngineLane } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const schema = [
  `CREATE TABLE parents (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB`,
  `CREATE TABLE t (id INT NOT NULL PRIMARY KEY, parent INT NULL, body VARCHAR(20) NOT NULL DEFAULT '') ENGINE = InnoDB`,
  `CREATE TABLE parts (id INT NOT NULL PRIMARY KEY, body VARCHAR(20) NULL) ENGINE = InnoDB
     PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN MAXVALUE)`,
  `CREATE TABLE unrelated (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB`,
];
const seed = [
  'INSERT INTO parents VALUES (1)',
  'INSERT INTO t (id) VALUES (1), (2)',
  'INSERT INTO parts (id) VALUES (1), (20)',
];
const lockTimeoutMs = 15_000;

/** A move of t and parts that has copied everything and goes on applying. */
async function syncing(lane: EngineLane) {
  const fixture = await MoveFixture.create(lane, { schema, tables: ['t', 'parts'] });
  for (const statement of seed) await fixture.source.query(statement);
  const move = await fixture.open({ tuning: { fingerprintEveryMs: 50 } });
  await move.fence('target', { lockTimeoutMs });
  await move.installCapture();
  const applier = move.startApplying();
  await move.copy();
  return { fixture, move, applier };
}

async function prepareXa(connection: Connection, xid: string, write: string): Promise<void> {
  for (const statement of [`XA START '${xid}'`, write, `XA END '${xid}'`, `XA PREPARE '${xid}'`]) {
    await connection.query(statement);
  }
  connection.destroy();
}

/** MySQL refuses it for a table with triggers: whoever does it there has dropped the fence's first. */
async function exchange(target: Connection): Promise<void> {
  const [triggers] = await target.query("SHOW TRIGGERS LIKE 'parts'");
  for (const { Trigger } of triggers as { Trigger: string }[]) {
    await target.query('DROP TRIGGER ??', [Trigger]);
  }
  await target.query('ALTER TABLE parts EXCHANGE PARTITION low WITH TABLE one');
}

/** Puts the empty rows of another table into t; the file keeps its number on MySQL. */
async function importRows(target: Connection, database: string): Promise<void> {
  const [[row]] = (await target.query('SELECT @@datadir AS folder')) as unknown as [{ folder: string }[]];
  const file = (name: string) => join(row?.folder ?? '', database, name);
  await target.query('CREATE TABLE three LIKE t');
  await target.query('FLUSH TABLES three FOR EXPORT');
  const [rows, about] = [await readFile(file('three.ibd')), await readFile(file('three.cfg'))];
  await target.query('UNLOCK TABLES');
  await target.query('ALTER TABLE t DISCARD TABLESPACE');
  await writeFile(file('t.ibd'), rows);
  await writeFile(file('t.cfg'), about);
  await target.query('ALTER TABLE t IMPORT TABLESPACE');
}

describeEachEngine('what a fence cannot see', (lane) => {
  it('a prepared XA transaction, whose client is long gone, is told with the statement that ends it', async () => {
    const { fixture, move } = await syncing(lane);
    await using _ = fixture;
    await move.prepareFence('source', { lockTimeoutMs });
    await move.guardTables();
    const xid = `x'${fixture.spec.id}`.replaceAll("'", '');
    await prepareXa(await fixture.connect('source'), xid, "INSERT INTO t (id, body) VALUES (3, 'in doubt')");
    // MariaDB's fence closes over it; MySQL's waits for the row's lock.
    if (lane.engine === 'mariadb') await move.fence('source', { lockTimeoutMs });
    const refused = await move.assertGuarded().catch((error) => error);
    expect(refused).toMatchObject({ code: 'BANYAN_XA_PREPARED' });
    const [rollback] = /XA ROLLBACK \S+/.exec(refused.fix) ?? [];
    await expect.poll(() => fixture.source.query(String(rollback)).then(() => 'ended', String)).toBe('ended');
    await expect.poll(() => move.assertGuarded().then(() => 'passes', String)).toBe('passes');
  });

  it('a capture trigger that was dropped and made again with the same text is a gap', async () => {
    const { fixture, move, applier } = await syncing(lane);
    await using _ = fixture;
    const { source } = fixture;
    const [triggers] = await source.query("SHOW TRIGGERS LIKE 't'");
    const { Trigger } = (triggers as { Trigger: string }[])[0] ?? { Trigger: '' };
    const [[made]] = (await source.query('SHOW CREATE TRIGGER ??', [Trigger])) as unknown as [
      { 'SQL Original Statement': string }[],
    ];
    await source.query('DROP TRIGGER ??', [Trigger]);
    await source.query('DELETE FROM t WHERE id = 1');
    await source.query(made?.['SQL Original Statement'] ?? '');
    expect(await move.captureState()).toBe('broken');
    await expect(move.guardTables()).rejects.toMatchObject({ code: 'BANYAN_CAPTURE_BROKEN' });
    await expect(applier.failed).resolves.toMatchObject({ code: 'BANYAN_CAPTURE_BROKEN' });
  });

  it('a log that somebody empties is a gap, however it is done', async () => {
    const { fixture, move, applier } = await syncing(lane);
    await using _ = fixture;
    const { source, spec } = fixture;
    const log = logName(spec.source.database, 't');
    const place = [spec.bookkeepingSchema, log];
    for (const sql of [
      ['TRUNCATE ??.??'],
      ['DELETE FROM ??.?? WHERE logged_at < NOW(6) + INTERVAL 1 HOUR'],
      ['CREATE TABLE ??.copied LIKE ??.??', 'DROP TABLE ??.??', 'RENAME TABLE ??.copied TO ??.??'],
    ]) {
      for (const statement of sql) {
        await source.query(
          statement,
          statement.includes('copied') ? [spec.bookkeepingSchema, ...place] : place,
        );
      }
      expect(await move.captureState(), sql[0]).toBe('broken');
      const gap = { code: 'BANYAN_CAPTURE_BROKEN', message: expect.stringContaining('the log of') };
      await expect(move.guardTables(), sql[0]).rejects.toMatchObject(gap);
      // It stops at the first; later ones find nobody who reads the log that is made anew.
      await expect(applier.failed).resolves.toMatchObject(gap);
      await move.renewCapture();
      expect(await move.captureState()).toBe('complete');
    }
    // An update is noted and taken: the first entry is none of them.
    await source.query("UPDATE t SET body = 'later' WHERE id = 1");
    expect(await move.backlog()).toMatchObject({ entries: 1 });
  });

  it('the source may not change: neither its foreign keys nor its unique indexes nor its columns', async () => {
    const { fixture, move, applier } = await syncing(lane);
    await using _ = fixture;
    for (const ddl of [
      'ALTER TABLE t ADD CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE',
      'ALTER TABLE t ADD UNIQUE INDEX of_body (body, id)',
      "ALTER TABLE t MODIFY body VARCHAR(21) NOT NULL DEFAULT ''",
    ]) {
      await fixture.source.query(ddl);
      await expect(move.guardTables(), ddl).rejects.toMatchObject({ code: 'BANYAN_SCHEMA_CHANGED' });
      // It stops at the first; later ones find nobody who reads the log that is made anew.
      await expect(applier.failed).resolves.toMatchObject({ code: 'BANYAN_SCHEMA_CHANGED' });
      if (ddl.includes('CASCADE')) {
        // No trigger sees what a parent that stays does to the rows: the capture is not installed anew as long as it may.
        await expect(move.renewCapture()).rejects.toMatchObject({ code: 'BANYAN_FOREIGN_KEY_CASCADE' });
        await fixture.source.query('ALTER TABLE t DROP FOREIGN KEY of_parent');
      }
      await move.renewCapture();
      expect(await move.captureState()).toBe('complete');
    }
  });

  it('the target may not be emptied, in any of the ways that fire no trigger', async () => {
    const { fixture, move, applier } = await syncing(lane);
    await using _ = fixture;
    await fixture.target.query('TRUNCATE t');
    expect(await move.targetChanged()).toEqual(['t']);
    await expect(applier.failed).resolves.toMatchObject({ code: 'BANYAN_TARGET_CHANGED' });
    await move.restartCopy();
    const again = move.startApplying();
    await move.copy();
    expect(await Promise.race([move.verify(), again.failed])).toMatchObject({ different: 0 });
    await again.stop();
    for (const ddl of [
      ['ALTER TABLE parts TRUNCATE PARTITION high'],
      ['CREATE TABLE one LIKE parts', 'ALTER TABLE one REMOVE PARTITIONING', 'EXCHANGE'],
      ['ALTER TABLE parts DROP PARTITION low'],
      ['CREATE TABLE two LIKE t', 'RENAME TABLE t TO gone, two TO t'],
    ]) {
      for (const statement of ddl) {
        if (statement === 'EXCHANGE') await exchange(fixture.target);
        else await fixture.target.query(statement);
      }
      expect(await move.targetChanged(), ddl.join()).toHaveLength(1);
      await expect(move.guardTables()).rejects.toMatchObject({ code: 'BANYAN_TARGET_CHANGED' });
      await move.adoptTarget();
      expect(await move.targetChanged()).toEqual([]);
    }
    if (lane.engine === 'mariadb') return;
    await importRows(fixture.target, fixture.spec.target.database);
    await expect(move.guardTables()).rejects.toMatchObject({ code: 'BANYAN_TARGET_CHANGED' });
  });

  it('while the guard stands nobody changes a table of either side; when it falls, the handover knows', async () => {
    const { fixture, move } = await syncing(lane);
    await using _ = fixture;
    await move.prepareFence('source', { lockTimeoutMs });
    await move.guardTables();
    const ddl = await fixture.connect('target');
    const truncated = ddl.query('TRUNCATE t').then(() => 'truncated');
    expect(await Promise.race([truncated, wait(300)])).toBeUndefined();
    await fixture.source.query('SET SESSION lock_wait_timeout = 1');
    await expect(fixture.source.query('ALTER TABLE t ADD COLUMN more INT')).rejects.toMatchObject({
      errno: 1205,
    });
    await move.assertGuarded();
    const [list] = await fixture.target.query(
      'SELECT ID FROM information_schema.PROCESSLIST WHERE DB = ? AND COMMAND = "Sleep"',
      [fixture.spec.target.database],
    );
    for (const { ID } of list as { ID: number }[])
      await fixture.target.query(`KILL ${ID}`).catch(() => undefined);
    await truncated;
    await expect(move.assertGuarded()).rejects.toMatchObject({ code: 'BANYAN_DDL_UNDER_WAY' });
    await expect(move.guardTables()).rejects.toMatchObject({ code: 'BANYAN_TARGET_CHANGED' });
  });

  it('goes on applying while an ALTER of another table waits', async () => {
    const { fixture, move, applier } = await syncing(lane);
    await using _ = fixture;
    const reader = await fixture.connect('source');
    await reader.query('START TRANSACTION');
    await reader.query('SELECT * FROM unrelated');
    const other = await fixture.connect('source');
    const altered = other.query('ALTER TABLE unrelated ADD COLUMN more INT, ALGORITHM = COPY');
    await expect
      .poll(async () => JSON.stringify((await fixture.source.query('SHOW FULL PROCESSLIST'))[0]))
      .toMatch(/metadata lock/);
    await move.prepareFence('source', { lockTimeoutMs });
    const from = performance.now();
    await move.guardTables();
    await fixture.source.query("UPDATE t SET body = 'meanwhile' WHERE id = 1");
    await move.fence('source', { lockTimeoutMs });
    await applier.drain({ deadlineMs: 5_000 });
    await move.assertGuarded();
    expect(performance.now() - from).toBeLessThan(5_000);
    await reader.query('COMMIT');
    await altered;
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });
});
