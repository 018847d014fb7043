import { setTimeout as wait } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { Refusals } from '../../../mover/fence/refusals.ts';
import { claimEpoch } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const schema = [
  `CREATE TABLE t (
     id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
     code VARCHAR(20) NULL UNIQUE,
     body VARCHAR(200) NOT NULL DEFAULT ''
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];
const seed =
  "INSERT INTO t (id, code, body) VALUES (1, 'A', 'one'), (2, 'B', 'two'), (3, 'C', 'three'), (4, NULL, 'four')";
const fenceNow = { lockTimeoutMs: 15_000 };
const refusal = { sqlState: '45000', message: expect.stringContaining('banyan fence') };

describeEachEngine('the fence', (lane) => {
  it('can be looked at while its triggers are being cleared: who is killed for waiting is never the look', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const move = await fixture.open();
    await move.installCapture();
    await move.copy();
    const reader = await fixture.connect('source');
    let clearing = true;
    const looking = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (clearing) await move.fenceState();
      }),
    );
    try {
      for (let time = 0; time < 40; time++) {
        await move.prepareFence('source', fenceNow);
        await move.openFence('source');
        await reader.query('START TRANSACTION');
        await reader.query('SELECT * FROM t');
        // The reader leaves about when the statement that waits for it is killed: the kill may come too late.
        const cleared = move.clearFence('source');
        await wait(16 + (time % 12));
        await reader.query('COMMIT');
        await cleared;
      }
    } finally {
      clearing = false;
      await looking;
    }
  });

  it('is prepared only when a clear that has just begun is over, whose sessions it uses: that drops nothing more', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.prepareFence('source', fenceNow);
    await move.openFence('source');
    const listed = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    points.once('fence:listed', () => {
      listed.resolve();
      return goOn.promise;
    });
    let dropped = 0;
    points.at('fence:trigger-dropped', () => {
      dropped += 1;
    });
    const cleared = move.clearFence('source', { patienceMs: 10_000 });
    await listed.promise;
    const prepared = move.prepareFence('source', fenceNow);
    goOn.resolve();
    expect(await cleared).toHaveLength(3);
    expect(dropped).toBe(0);
    await prepared;
    await move.fence('source', fenceNow);
    await expect(fixture.source.query(seed)).rejects.toMatchObject(refusal);
  });

  it('counts what it refuses, though nothing of that stays, and tells whose it was where the server does', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const move = await fixture.open();
    await move.installCapture();
    await move.prepareFence('source', fenceNow);
    expect(await move.refused('source')).toEqual({ count: 0, closedAt: null });
    await move.fence('source', fenceNow);
    const closed = await move.refused('source');
    expect(closed).toEqual({ count: 0, closedAt: expect.stringMatching(/^20.*T.*\.\d{3}Z$/) });
    const late = await fixture.connect('source');
    await late.query('START TRANSACTION');
    for (const write of [
      "INSERT INTO t (body) VALUES ('a secret')",
      "INSERT IGNORE INTO t (id, body) VALUES (1, 'a secret')",
      "UPDATE t SET body = 'a secret' WHERE id > 0",
      'DELETE FROM t',
    ]) {
      await expect(late.query(write)).rejects.toMatchObject(refusal);
    }
    await late.query('ROLLBACK');
    expect(await move.refused('source')).toEqual({ ...closed, count: 4 });
    const whose = await move.refusedStatements('source');
    if (lane.engine === 'mariadb') expect(whose).toBeNull();
    else {
      // Other tests' fences are on the same server.
      const own = whose!.filter(({ statement }) => statement.includes('UPDATE `t` SET `body`'));
      expect(own[0]).toMatchObject({ user: expect.any(String), host: expect.any(String) });
      expect(JSON.stringify(whose)).not.toContain('secret');
    }
    await move.openFence('source');
    await late.query("UPDATE t SET body = 'own' WHERE id = 1");
    await move.fence('source', fenceNow);
    expect((await move.refused('source')).count).toBe(0);
  });

  it('keeps no marks of earlier closings, and still counts what was refused since the last one', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const move = await fixture.open();
    await move.installCapture();
    const late = await fixture.connect('source');
    const { table } = Refusals.of(fixture.spec, 'source');
    for (let time = 1; time <= 3; time++) {
      await move.prepareFence('source', fenceNow);
      await move.fence('source', fenceNow);
      for (let write = 0; write < time; write++) {
        await expect(late.query('DELETE FROM t')).rejects.toMatchObject(refusal);
      }
      expect((await move.refused('source')).count).toBe(time);
      const [marks] = await fixture.source.query<RowDataPacket[]>(
        `SELECT id FROM ${fixture.spec.bookkeepingSchema}.${table}`,
      );
      // One of this closing, and until the next one that of the last.
      expect(marks.length).toBeLessThanOrEqual(2);
      await move.openFence('source');
    }
    await move.prepareFence('source', fenceNow);
    expect((await move.refused('source')).count).toBe(3);
  });

  it('a transaction that is open at the fence is waited for, captured and drained; no reader is', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const move = await fixture.open();
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    const long = await fixture.connect('source');
    // Here servers take no lock for a SELECT in a trigger unless it asks for one.
    await long.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await long.query('START TRANSACTION');
    await long.query("UPDATE t SET body = 'early' WHERE id = 4");
    // It began before the fence's triggers: they cannot be made, and nothing is refused.
    await expect(move.prepareFence('source', { lockTimeoutMs: 150 })).rejects.toMatchObject({
      code: 'BANYAN_FENCE_TIMEOUT',
    });
    await fixture.source.query("UPDATE t SET body = 'passes' WHERE id = 3");
    await long.query('COMMIT');
    await move.prepareFence('source', fenceNow);
    await long.query('START TRANSACTION');
    await long.query("UPDATE t SET body = 'late' WHERE id = 4");
    await expect(move.fence('source', { lockTimeoutMs: 150 })).rejects.toMatchObject({
      code: 'BANYAN_FENCE_TIMEOUT',
    });
    expect(await move.fenceState()).toMatchObject({ source: 'open' });
    await fixture.source.query("UPDATE t SET body = 'passes too' WHERE id = 3");
    const reader = await fixture.connect('source');
    await reader.query('START TRANSACTION');
    await reader.query('SELECT * FROM t');
    const fencing = move.fence('source', fenceNow);
    await long.query("INSERT INTO t (code) VALUES ('last')");
    await long.query('COMMIT');
    await fencing;
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    expect(JSON.stringify(target)).toContain('last');
    // Neither to close nor to open it; only to drop what is no longer needed, and that can wait.
    await move.openFence('source');
    expect(await move.clearFence('source')).toHaveLength(3);
    await fixture.source.query("UPDATE t SET body = 'open again' WHERE id = 3");
    await reader.query('COMMIT');
    expect(await move.clearFence('source', { patienceMs: 15_000 })).toEqual([]);
    expect((await fixture.source.query("SHOW TRIGGERS LIKE 't'"))[0]).toHaveLength(3);
  });

  it('handovers in a row leave the triggers of two fences at most, though nobody clears those of the earlier ones', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const move = await fixture.open();
    for (let time = 0; time < 4; time++) {
      await move.fence('source', fenceNow);
      await move.openFence('source');
      const [triggers] = await fixture.source.query<RowDataPacket[]>("SHOW TRIGGERS LIKE 't'");
      expect(triggers.length).toBeLessThanOrEqual(6);
    }
    await move.fence('source', fenceNow);
    await expect(fixture.source.query("INSERT INTO t (code) VALUES ('x')")).rejects.toMatchObject(refusal);
  });

  it('is cleared though transactions of writers hold the table at every instant, and a table with a long one keeps no other', async () => {
    const other = 'CREATE TABLE a (id INT NOT NULL PRIMARY KEY)';
    await using fixture = await MoveFixture.create(lane, { schema: [...schema, other], tables: ['a', 't'] });
    const { source } = fixture;
    await source.query(seed);
    const move = await fixture.open();
    await move.prepareFence('source', fenceNow);
    await move.openFence('source');
    const reader = await fixture.connect('source');
    await reader.query('START TRANSACTION');
    await reader.query('SELECT * FROM a');
    expect(await move.clearFence('source')).toHaveLength(3);
    expect((await source.query("SHOW TRIGGERS LIKE 't'"))[0]).toEqual([]);
    await reader.query('COMMIT');

    await move.prepareFence('source', fenceNow);
    await move.openFence('source');
    let writing = true;
    const writers = [1, 2, 3, 4].map(async (id) => {
      const writer = await fixture.connect('source');
      await wait(id * 5);
      while (writing) {
        await writer.query('START TRANSACTION');
        await writer.query('UPDATE t SET body = ? WHERE id = ?', [String(Math.random()), id]);
        await wait(20);
        await writer.query('COMMIT');
      }
    });
    await wait(100);
    try {
      expect(await move.clearFence('source', { patienceMs: 4_000, isUrgent: false })).toEqual([]);
    } finally {
      writing = false;
      await Promise.all(writers);
    }
  });

  it('is prepared at once while its triggers are being cleared, which ends', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const move = await fixture.open();
    await move.fence('source', fenceNow);
    await move.openFence('source');
    const reader = await fixture.connect('source');
    await reader.query('START TRANSACTION');
    await reader.query('SELECT * FROM t');
    const cleared = move.clearFence('source', { patienceMs: 60_000 });
    await wait(300);
    const prepared = move.prepareFence('source', fenceNow);
    expect(await cleared).toHaveLength(3);
    await reader.query('COMMIT');
    await prepared;
    await move.fence('source', fenceNow);
    expect(await move.fenceState()).toMatchObject({ source: 'fenced' });
  });

  it('transactions in a ring with the fence are found by the server, and it closes', async () => {
    const other = 'CREATE TABLE o (id INT NOT NULL PRIMARY KEY, n INT NOT NULL)';
    await using fixture = await MoveFixture.create(lane, { schema: [...schema, other], tables: ['t', 'o'] });
    const { source } = fixture;
    await source.query(seed);
    await source.query('INSERT INTO o VALUES (1, 0), (2, 0)');
    const move = await fixture.open();
    await move.prepareFence('source', fenceNow);
    const [one, two] = [await fixture.connect('source'), await fixture.connect('source')];
    for (const connection of [one, two]) await connection.query('START TRANSACTION');
    await one.query('UPDATE o SET n = 1 WHERE id = 1');
    await two.query('SELECT * FROM t WHERE id = 1 FOR UPDATE');
    const rowOfTwo = one.query("UPDATE t SET body = 'one' WHERE id = 1").catch((error: unknown) => error);
    const fencing = move.fence('source', { lockTimeoutMs: 8_000 });
    const { bookkeepingSchema } = fixture.spec;
    await expect
      .poll(async () => JSON.stringify((await source.query('SHOW FULL PROCESSLIST'))[0]))
      .toContain(`UPDATE \`${bookkeepingSchema}\`.\`fences\` SET closed = 1`);
    // It waits for the row of the fence behind the first transaction, that one for the second, and the second for the fence.
    const late = await two.query('UPDATE o SET n = 2 WHERE id = 2').catch((error: unknown) => error);
    await two.query('ROLLBACK');
    await rowOfTwo;
    await one.query('COMMIT').catch(() => undefined);
    await fencing;
    expect(await move.fenceState()).toMatchObject({ source: 'fenced' });
    expect([1213, 1644, undefined]).toContain((late as { errno?: number }).errno);
  });

  it('every kind of write is refused, whoever it comes from, until it opens', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { source } = fixture;
    await source.query(seed);
    const move = await fixture.open();
    const snapshot = await fixture.connect('source');
    await snapshot.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const queued = await fixture.connect('source');
    const held = await fixture.connect('source');
    await move.prepareFence('source', fenceNow);
    await snapshot.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    await snapshot.query('SELECT * FROM t');
    // A writer that comes while the fence waits to close is refused when it has.
    await held.query('START TRANSACTION');
    await held.query("UPDATE t SET body = 'in flight' WHERE id = 2");
    const fencing = move.fence('source', fenceNow);
    await expect
      .poll(async () => JSON.stringify((await source.query('SHOW FULL PROCESSLIST'))[0]))
      .toContain('SET closed = 1');
    const late = queued.query("UPDATE t SET body = 'queued' WHERE id = 1").catch((error: unknown) => error);
    await wait(50);
    await held.query('COMMIT');
    await fencing;
    await move.fence('source', fenceNow);
    expect(await late).toMatchObject(refusal);
    await expect(snapshot.query("UPDATE t SET body = 'old snapshot' WHERE id = 1")).rejects.toMatchObject(
      refusal,
    );
    await snapshot.query('ROLLBACK');
    const keys = ['0', '1', 'NULL', "''", '1e0', 'TRUE', "x'00'", "'0'"];
    for (const mode of ['', 'STRICT_ALL_TABLES']) {
      await source.query('SET SESSION sql_mode = ?', [mode]);
      for (const key of keys) {
        await source.query(`SET @banyan_apply = 1, @banyan_token = ${key}, @banyan_pass = ${key}`);
        await expect(source.query('DELETE FROM t'), `${key} in mode ${mode}`).rejects.toMatchObject(refusal);
      }
    }
    for (const write of [
      "INSERT INTO t (code) VALUES ('N')",
      "INSERT IGNORE INTO t (code) VALUES ('A')",
      "REPLACE INTO t (id, code) VALUES (1, 'A')",
      "INSERT INTO t (id, code) VALUES (1, 'A') ON DUPLICATE KEY UPDATE body = 'x'",
      "UPDATE IGNORE t SET code = 'B' WHERE id = 1",
      'DELETE IGNORE FROM t WHERE id = 1',
      "INSERT INTO t (code) SELECT 'Z'",
    ]) {
      await expect(source.query(write), write).rejects.toMatchObject(refusal);
    }
    expect(await move.clearFence('source', { patienceMs: 5_000 })).toHaveLength(3);
    expect(await move.fenceState()).toMatchObject({ source: 'fenced' });
    await source.query('LOCK TABLES t WRITE');
    await expect(source.query('DELETE FROM t')).rejects.toMatchObject(refusal);
    await source.query('UNLOCK TABLES');
    await move.openFence('source');
    await move.openFence('source');
    expect(await move.fenceState()).toMatchObject({ source: 'open' });
    await source.query('LOCK TABLES t WRITE');
    await source.query("UPDATE t SET body = 'open' WHERE id = 1");
    await source.query('UNLOCK TABLES');
  });

  it('closed in part it is said to be, and closing again makes it whole', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { source } = fixture;
    const points = new TestPoints();
    const move = await fixture.open({ points });
    points.once('fence:trigger-created', () => Promise.reject(new Error('stopped halfway')));
    await expect(move.fence('source', fenceNow)).rejects.toThrow('stopped halfway');
    expect(await move.fenceState()).toMatchObject({ source: 'open' });
    await source.query(seed);
    const triggers = async () =>
      (await source.query("SHOW TRIGGERS LIKE 't'"))[0] as {
        Trigger: string;
        Event: string;
        Statement: string;
      }[];
    // Dropped while it closes: what was believed closed is not called so.
    points.once('fence:closed', async () => {
      for (const { Trigger } of await triggers()) await source.query('DROP TRIGGER ??', [Trigger]);
    });
    await move.openFence('source');
    await expect(move.fence('source', fenceNow)).rejects.toMatchObject({ code: 'BANYAN_FENCE_BYPASSED' });
    await move.fence('source', fenceNow);
    expect(await move.fenceState()).toMatchObject({ source: 'fenced' });
    const [one] = await triggers();
    await source.query('DROP TRIGGER ??', [one?.Trigger]);
    expect(await move.fenceState()).toMatchObject({ source: 'partial' });
    // Of the same name, and toothless.
    await source.query(`CREATE TRIGGER ?? BEFORE ${one?.Event} ON t FOR EACH ROW SET @x = 1`, [one?.Trigger]);
    expect(await move.fenceState()).toMatchObject({ source: 'partial' });
    const refusing = await fixture.connect('source');
    points.at('fence:trigger-created', async () => {
      await expect(refusing.query('UPDATE t SET body = 1 WHERE id = 1')).rejects.toMatchObject(refusal);
    });
    await source.query('DROP TRIGGER ??', [one?.Trigger]);
    if (one?.Event !== 'UPDATE') await move.fence('source', fenceNow);
    expect(await move.fenceState()).toMatchObject({ source: one?.Event === 'UPDATE' ? 'partial' : 'fenced' });
    // Without its row nobody passes.
    await source.query('DELETE FROM ??.fences', [fixture.spec.bookkeepingSchema]);
    await expect(source.query("INSERT INTO t (code) VALUES ('x')")).rejects.toMatchObject(refusal);
  });

  it('a process that was stopped and superseded closes, opens and drops nothing', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { source } = fixture;
    await source.query(seed);
    const stopped = await fixture.open();
    await stopped.prepareFence('source', fenceNow);
    let successor = await fixture.open();
    await expect(stopped.fence('source', fenceNow)).rejects.toMatchObject({ code: 'BANYAN_MOVE_SUPERSEDED' });
    await source.query("UPDATE t SET body = 'passes' WHERE id = 1");

    // Stopped between that look and the row, it finds no row to change.
    const again = new TestPoints();
    const frozen = await fixture.open({ points: again });
    await frozen.prepareFence('source', fenceNow);
    again.once('fence:closing', async () => {
      successor = await fixture.open();
    });
    await expect(frozen.fence('source', fenceNow)).rejects.toMatchObject({ code: 'BANYAN_MOVE_SUPERSEDED' });
    expect(await successor.fenceState()).toMatchObject({ source: 'open' });
    await source.query("UPDATE t SET body = 'passes again' WHERE id = 1");

    // Stopped before it opens or drops, it finds the successor's fence and leaves it whole.
    const late = new TestPoints();
    const dropper = await fixture.open({ points: late });
    await dropper.fence('source', fenceNow);
    late.once('fence:opening', async () => {
      successor = await fixture.open();
    });
    await expect(dropper.openFence('source')).rejects.toMatchObject({ code: 'BANYAN_MOVE_SUPERSEDED' });
    await expect(source.query('DELETE FROM t')).rejects.toMatchObject(refusal);
    await successor.openFence('source');
    const last = new TestPoints();
    const cleaner = await fixture.open({ points: last });
    last.once('fence:trigger-dropped', async () => {
      successor = await fixture.open();
      await successor.fence('source', fenceNow);
    });
    await cleaner.clearFence('source', { patienceMs: 15_000 });
    expect(await successor.fenceState()).toMatchObject({ source: 'fenced' });
    await expect(source.query("INSERT INTO t (code) VALUES ('x')")).rejects.toMatchObject(refusal);
    await expect(source.query('DELETE FROM t')).rejects.toMatchObject(refusal);
  });

  it('an applier that was left over from before a handover writes nothing to the new owner', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const move = await fixture.open();
    await move.fence('target', fenceNow);
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await move.openFence('target');
    await fixture.target.query("UPDATE t SET body = 'of the owner' WHERE id = 1");
    await fixture.source.query("UPDATE t SET body = 'out of date' WHERE id = 1");
    await expect(applier.failed).resolves.toMatchObject({ code: 'BANYAN_TARGET_OPEN' });
    expect(JSON.stringify((await fixture.bothSides('t')).target)).toContain('of the owner');
  });

  it('the other direction may be opened meanwhile: applier and fences go on', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.fence('target', fenceNow);
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await move.prepareFence('source', fenceNow);
    points.once('fence:closing', async () => {
      const back = await fixture.open({ spec: fixture.reverse, epoch: await claimEpoch(fixture.reverse) });
      await back.installCapture();
    });
    await fixture.source.query("UPDATE t SET body = 'for the applier' WHERE id = 1");
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    await move.openFence('target');
    expect(await move.fenceState()).toEqual({ source: 'fenced', target: 'open' });
  });
});
