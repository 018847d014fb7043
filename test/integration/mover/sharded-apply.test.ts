import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { meeting } from '../../support/meeting.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const schema = [
  `CREATE TABLE t (
     id INT NOT NULL PRIMARY KEY, code VARCHAR(20) NULL UNIQUE, body VARCHAR(200) NOT NULL DEFAULT ''
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];
const seed = "INSERT INTO t (id, code) VALUES (1, 'A'), (2, 'B'), (3, 'C'), (4, 'D'), (5, 'E'), (6, 'F')";
const fenceNow = { lockTimeoutMs: 15_000 };
/** Six keys are three batches. */
const three = { applyWorkers: 3, applyBatchEntries: 2 };

async function copied(fixture: MoveFixture, points: TestPoints, tuning: object = three) {
  await fixture.source.query(seed);
  const move = await fixture.open({ points, tuning });
  await move.installCapture();
  await move.copy();
  return move;
}

describeEachEngine('an applier of several batches at a time', (lane) => {
  it.each(['apply:after-read', 'apply:after-delete'])(
    'carries over unique values that change places between batches which meet at %s',
    async (point) => {
      await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
      const points = new TestPoints();
      const move = await copied(fixture, points);
      const { source } = fixture;
      // A ring over all three batches: each needs a value that a row of the next one holds on the target.
      await source.query('START TRANSACTION');
      await source.query("UPDATE t SET code = CONCAT('_', code)");
      await source.query("UPDATE t SET code = ELT(id, 'F', 'E', 'A', 'B', 'C', 'D')");
      await source.query('COMMIT');
      const met = meeting(3);
      const alone: unknown[] = [];
      points.at(point, async (about) => {
        if (about.alone) alone.push(about.keys);
        else await met();
      });
      const applier = move.startApplying();
      await expect.poll(() => move.backlog(), { timeout: 60_000 }).toMatchObject({ entries: 0 });
      expect(alone.length).toBeGreaterThan(0);
      await source.query("UPDATE t SET body = 'later' WHERE id IN (1, 6)");
      await move.fence('source', fenceNow);
      await applier.drain({ deadlineMs: 30_000 });
      const sides = await fixture.bothSides('t');
      expect(sides.target).toEqual(sides.source);
    },
  );

  it('loads many rows at once, with unique values that change places, and has INSERT say what LOAD DATA refuses', async () => {
    // With a counter, LOAD DATA locks more on MariaDB: batches meet at that lock as well.
    const counted = schema.map((sql) => sql.replace('NOT NULL PRIMARY', 'NOT NULL AUTO_INCREMENT PRIMARY'));
    await using fixture = await MoveFixture.create(lane, { schema: counted, tables: ['t'] });
    const points = new TestPoints();
    const { source, target } = fixture;
    await target.query('ALTER TABLE t ADD CONSTRAINT strict CHECK (CHAR_LENGTH(body) < 10)');
    const rows = Array.from({ length: 200 }, (_, n) => [n + 7, `C${n + 7}`]);
    await source.query('INSERT INTO t (id, code) VALUES ?', [rows]);
    const move = await copied(fixture, points, { applyWorkers: 3, applyBatchEntries: 70 });
    await source.query('START TRANSACTION');
    await source.query("UPDATE t SET code = CONCAT('_', code) WHERE id > 6");
    await source.query("UPDATE t SET code = CONCAT('C', 213 - id), body = 'a\\tb\\\\\\n\\0' WHERE id > 6");
    await source.query('COMMIT');
    const loads: unknown[] = [];
    points.at('apply:after-read', (about) => {
      loads.push(about.loads);
    });
    const applier = move.startApplying();
    await expect.poll(() => move.backlog(), { timeout: 60_000 }).toMatchObject({ entries: 0 });
    expect(new Set(loads)).toEqual(new Set([true]));
    const sides = await fixture.bothSides('t');
    expect(sides.target).toEqual(sides.source);
    await source.query("UPDATE t SET body = 'much too long' WHERE id > 6");
    await expect(applier.failed).resolves.toMatchObject({
      code: 'BANYAN_APPLY_FAILED',
      message: expect.stringContaining('strict'),
    });
    expect(loads).toContain(false);
    await target.query('ALTER TABLE t DROP CONSTRAINT strict');
    const again = move.startApplying();
    await move.fence('source', fenceNow);
    await again.drain({ deadlineMs: 30_000 });
    const then = await fixture.bothSides('t');
    expect(then.target).toEqual(then.source);
  });

  it('takes nothing while a batch is in hand, though another one has failed', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const points = new TestPoints();
    const move = await copied(fixture, points);
    const { source, target } = fixture;
    await source.query("UPDATE t SET body = 'first'");
    const met = meeting(3);
    const release = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    let arrived = 0;
    let ended = 0;
    points.at('apply:after-read', async () => {
      arrived += 1;
      if (arrived > 3) return;
      const isHeld = arrived === 1;
      await met();
      if (!isHeld) return;
      held.resolve();
      await release.promise;
    });
    // One of the other batches loses its connection.
    points.once('apply:after-delete', async () => {
      await held.promise;
      const [rows] = await target.query(
        // Other tests write on the same server: only connections of this one's database are ended.
        `SELECT trx_mysql_thread_id AS id FROM information_schema.INNODB_TRX
         JOIN information_schema.PROCESSLIST AS p ON p.ID = trx_mysql_thread_id
         WHERE trx_rows_modified > 0 AND p.DB = DATABASE()`,
      );
      ended = (rows as { id: number }[]).length;
      for (const { id } of rows as { id: number }[]) await target.query(`KILL ${id}`).catch(() => undefined);
    });
    const applier = move.startApplying();
    await held.promise;
    // What the held batch has read is out of date from here on, and the entries that say so could be taken.
    await source.query("UPDATE t SET body = 'second'");
    await expect.poll(() => ended).toBeGreaterThan(0);
    const takes = points.reached.filter((point) => point === 'apply:taken').length;
    await wait(500);
    expect(points.reached.filter((point) => point === 'apply:taken')).toHaveLength(takes);
    await move.fence('source', fenceNow);
    await expect(applier.drain({ deadlineMs: 300 })).rejects.toMatchObject({ code: 'BANYAN_DRAIN_TIMEOUT' });
    release.resolve();
    await applier.drain({ deadlineMs: 30_000 });
    const sides = await fixture.bothSides('t');
    expect(sides.target).toEqual(sides.source);
    expect(JSON.stringify(sides.target)).not.toContain('first');
  });

  it('keeps the spellings of one key together', async () => {
    const named = [
      `CREATE TABLE t (id VARCHAR(20) NOT NULL PRIMARY KEY, n INT NULL)
         DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    ];
    await using fixture = await MoveFixture.create(lane, { schema: named, tables: ['t'] });
    const { source } = fixture;
    await source.query("INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3)");
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: three });
    await move.installCapture();
    await move.copy();
    await source.query("UPDATE t SET id = 'A' WHERE id = 'a'");
    await source.query("UPDATE t SET id = 'á' WHERE id = 'a'");
    await source.query("DELETE FROM t WHERE id = 'b'");
    await source.query("UPDATE t SET n = 4 WHERE id = 'c'");
    const sizes: unknown[] = [];
    points.at('apply:after-read', ({ keys }) => {
      sizes.push(keys);
    });
    const applier = move.startApplying();
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    expect(sizes.sort()).toEqual([1, 3]);
    const sides = await fixture.bothSides('t');
    expect(sides.target).toEqual(sides.source);
  });
});
