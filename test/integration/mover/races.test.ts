import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
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

describeEachEngine('races of a move', (lane) => {
  it('a chunk read before a delete does not bring the row back', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: { writeWith: 'infile' } });
    await move.installCapture();
    const applier = move.startApplying();
    // The chunk holds the row; the client deletes it; the applier has every chance to apply the delete before the
    // chunk lands: it completes two whole looks at the log. The fence falls at once, so nothing heals the row later.
    points.once('copy:after-read', async () => {
      await fixture.source.query('DELETE FROM t WHERE id = 2');
      await fixture.source.query("UPDATE t SET body = 'changed' WHERE id = 3");
      await expect(applier.drain({ deadlineMs: 200 })).rejects.toMatchObject({
        code: 'BANYAN_DRAIN_TIMEOUT',
      });
      expect(await move.backlog()).toMatchObject({ entries: 2 });
    });
    await move.copy();
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    expect(source).toHaveLength(3);
  });

  it('a take that began before a range was published ends before the chunk is read', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.installCapture();
    await fixture.source.query("UPDATE t SET body = 'gives the applier something to take' WHERE id = 1");
    // The take has its (empty) list of ranges but has not asked yet. If the chunk could be read now, the take would find
    // the delete that follows, apply and forget it, and the chunk would land over it.
    const chunkRead = Promise.withResolvers<void>();
    const forgotten = Promise.withResolvers<void>();
    const copying = Promise.withResolvers<Promise<void>>();
    points.once('apply:taking', async () => {
      copying.resolve(move.copy());
      await Promise.race([chunkRead.promise, wait(200)]);
      await fixture.source.query('DELETE FROM t WHERE id = 2');
    });
    points.once('apply:after-forget', () => forgotten.resolve());
    points.once('copy:after-read', async () => {
      chunkRead.resolve();
      await Promise.race([forgotten.promise, wait(200)]);
    });
    const applier = move.startApplying();
    await await copying.promise;
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });

  it('a chunk is read beside the batches from before its range was published, and written when they are over', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: { writeWith: 'infile' } });
    await move.installCapture();
    await fixture.source.query("UPDATE t SET body = 'before the copy' WHERE id = 1");
    // The batch has deleted its row on the target, has not inserted it yet, and what it has read is out of date by now. Were the chunk
    // written here, either would find the other's row in its way.
    const read = Promise.withResolvers<void>();
    points.once('apply:after-delete', async () => {
      await fixture.source.query("UPDATE t SET body = 'after the re-read' WHERE id = 1");
      await read.promise;
    });
    points.once('copy:after-read', () => read.resolve());
    const applier = move.startApplying();
    await expect.poll(() => points.reached).toContain('apply:after-delete');
    await Promise.race([move.copy(), applier.failed.then((error) => Promise.reject(error))]);
    const first = (point: string) => points.reached.indexOf(point);
    expect(first('copy:after-read')).toBeLessThan(first('apply:after-forget'));
    expect(first('apply:after-forget')).toBeLessThan(first('copy:after-write'));
    expect(points.reached).not.toContain('copy:marked');
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    expect(JSON.stringify(target)).toContain('after the re-read');
  });

  it('waits for a transaction that began before the capture', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const early = await fixture.connect('source');
    await early.query('START TRANSACTION');
    await early.query("UPDATE t SET body = 'uncommitted' WHERE id = 1");
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: { ddlLockWaitSeconds: 1 } });
    const installing = move.installCapture();
    await expect.poll(() => points.reached).toContain('capture:log-created');
    // A writer that arrives meanwhile queues behind the trigger for a second at most.
    await fixture.source.query("INSERT INTO t (code) VALUES ('Q')");
    expect(points.reached).not.toContain('capture:trigger-created');
    await early.query('COMMIT');
    await installing;
    const applier = move.startApplying();
    await move.copy();
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    expect(JSON.stringify(source)).toContain('uncommitted');
  });

  it('no trigger seems older than a statement that was prepared before it came', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query(seed);
    const application = await fixture.connect('source');
    const write = () => application.execute('UPDATE t SET body = CONCAT(body, ?) WHERE id = 1', ['+']);
    const points = new TestPoints();
    const move = await fixture.open({ points });
    for (const point of ['capture:log-created', 'capture:trigger-created', 'fence:trigger-created']) {
      points.at(point, async () => {
        await write();
      });
    }
    await application.query('SET @began = NOW(6)');
    await move.installCapture();
    await move.prepareFence('source', fenceNow);
    await write();
    expect(points.reached.filter((point) => point.endsWith('trigger-created'))).toHaveLength(6);
    expect((await move.backlog()).entries).toBeGreaterThan(4);
    if (lane.engine !== 'mariadb') return;
    const [early] = await application.query(
      `SELECT TRIGGER_NAME FROM information_schema.TRIGGERS
        WHERE TRIGGER_SCHEMA = DATABASE() AND CREATED < @began + INTERVAL 900000 MICROSECOND`,
    );
    expect(early).toEqual([]);
  });

  it('triggers that come and go fail no statement that was prepared on the server', async () => {
    const note = 'CREATE TABLE n (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, t INT NOT NULL, KEY t (t)';
    await using fixture = await MoveFixture.create(lane, {
      schema: [...schema, `${note}, CONSTRAINT n_t FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)`],
      tables: ['t', 'n'],
    });
    const over = new AbortController();
    const failed: unknown[] = [];
    let written = 0;
    const writes = Array.from({ length: 6 }, async () => {
      const application = await fixture.connect('source');
      while (!over.signal.aborted) {
        try {
          const [made] = await application.execute('INSERT INTO t (body) VALUES (?)', ['new']);
          const { insertId } = made as { insertId: number };
          await application.execute('UPDATE t SET body = ? WHERE id = ?', ['changed', insertId]);
          await application.execute('INSERT INTO n (t) VALUES (?)', [insertId]);
          await application.execute('DELETE FROM t WHERE id = ?', [insertId]);
          written += 1;
        } catch (error) {
          failed.push(error);
        }
      }
    });
    const move = await fixture.open();
    for (let round = 0; round < 4; round += 1) {
      await move.installCapture();
      await move.prepareFence('source', fenceNow);
      await move.clearFence('source', { patienceMs: 10_000 });
      await move.dropCapture();
    }
    over.abort();
    await Promise.all(writes);
    expect(failed).toEqual([]);
    expect(written).toBeGreaterThan(10);
  });

  it('rows that swap a unique value arrive, by the copy and by the applier', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { source } = fixture;
    await source.query(seed);
    const swap = async (a: number, b: number) => {
      await source.query('START TRANSACTION');
      const [rows] = await source.query('SELECT id, code FROM t WHERE id IN (?, ?) ORDER BY id', [a, b]);
      const [one, other] = rows as { id: number; code: string }[];
      await source.query('UPDATE t SET code = NULL WHERE id = ?', [one?.id]);
      await source.query('UPDATE t SET code = ? WHERE id = ?', [one?.code, other?.id]);
      await source.query('UPDATE t SET code = ? WHERE id = ?', [other?.code, one?.id]);
      await source.query('COMMIT');
    };
    const points = new TestPoints();
    const move = await fixture.open({
      points,
      tuning: { copyWorkers: 1, chunkRowsAtFirst: 1, chunkRowsMax: 1, applyBatchEntries: 1 },
    });
    await move.installCapture();
    // Row 1 lands with A; before row 2 is read, A and B change places, and nothing has applied it: chunk 2 collides.
    points.at('copy:range-published', async () => {
      if (points.reached.filter((point) => point === 'copy:range-published').length === 2) await swap(1, 2);
    });
    await move.copy();
    expect(points.reached).toContain('copy:after-read-again');
    const applier = move.startApplying();
    await expect.poll(() => move.backlog()).toMatchObject({ entries: 0 });
    await swap(1, 3);
    await swap(2, 3);
    await source.query("UPDATE t SET code = 'A2' WHERE code = 'A'");
    await source.query("INSERT INTO t (code) VALUES ('A')");
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source: here, target } = await fixture.bothSides('t');
    expect(target).toEqual(here);
  });

  it('ids at and below zero move, and ids go on after the greatest that was ever given', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { source, target } = fixture;
    await source.query("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
    await source.query(
      "INSERT INTO t (id, code) VALUES (-2147483648, 'min'), (-1, 'minus'), (0, 'zero'), (7, 'seven')",
    );
    await source.query("INSERT INTO t (code) VALUES ('gone')");
    await source.query("DELETE FROM t WHERE code = 'gone'");
    await source.query('START TRANSACTION');
    await source.query("INSERT INTO t (code) VALUES ('never')");
    await source.query('ROLLBACK');
    const move = await fixture.open({ tuning: { chunkRowsAtFirst: 2, chunkRowsMax: 2 } });
    await move.fence('target', fenceNow);
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await source.query("INSERT INTO t (id, code) VALUES (-5, 'late')");
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const sides = await fixture.bothSides('t');
    expect(sides.target).toEqual(sides.source);
    // A capture that already stands on the target (from an earlier way back) must not take this for a schema change.
    const back = await fixture.open({ spec: fixture.reverse });
    await back.installCapture();
    await move.raiseAutoIncrement();
    await move.raiseAutoIncrement();
    expect(await back.captureState()).toBe('complete');
    await move.openFence('target');
    const [result] = await target.query("INSERT INTO t (code) VALUES ('first')");
    expect((result as { insertId: number }).insertId).toBe(10);
  });

  it('keys of several columns and of text move, also when only their case changes', async () => {
    const composite = [
      `CREATE TABLE c (
         shop INT NOT NULL, sku VARCHAR(30) NOT NULL, n INT NULL, PRIMARY KEY (shop, sku)
       ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
      `CREATE TABLE u (
         k VARBINARY(20) NOT NULL, body VARCHAR(20) NULL, UNIQUE KEY (k)
       ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    ];
    const empty = 'CREATE TABLE nothing (id INT NOT NULL PRIMARY KEY)';
    await using fixture = await MoveFixture.create(lane, {
      schema: [...composite, empty],
      tables: ['c', 'nothing', 'u'],
    });
    const { source } = fixture;
    const rows = Array.from({ length: 300 }, (_, n) => [n % 7, `상품 ${n}`, n]);
    await source.query('INSERT INTO c VALUES ?', [rows]);
    await source.query("INSERT INTO u VALUES (x'00', 'nul'), (x'0a27', 'quote'), (x'ff', 'last')");
    const move = await fixture.open({ tuning: { chunkRowsAtFirst: 37, chunkRowsMax: 37 } });
    await move.installCapture();
    const applier = move.startApplying();
    await source.query("INSERT INTO c VALUES (1, 'case', 1)");
    await move.copy();
    await source.query("UPDATE c SET sku = 'CASE' WHERE sku = 'case'");
    await source.query("UPDATE c SET shop = 9 WHERE sku = '상품 8'");
    await source.query("DELETE FROM c WHERE shop = 3 AND sku > '상품 2'");
    await source.query("UPDATE u SET k = x'0b' WHERE k = x'0a27'");
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const sides = await fixture.bothSides('c', 'shop, sku');
    expect(sides.target).toEqual(sides.source);
    const others = await fixture.bothSides('u', 'k');
    expect(others.target).toEqual(others.source);
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
  });
});
