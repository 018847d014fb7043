import { expect, it } from 'vitest';
import { clearRange } from '../../../mover/plan/clear-range.ts';
import { readTablePlan } from '../../../mover/plan/read-table-plan.ts';
import { Session } from '../../../mover/sql/session.ts';
import { administer } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { meeting } from '../../support/meeting.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const table = (name: string) =>
  `CREATE TABLE ${name} (
     id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) NULL UNIQUE, body VARCHAR(200) NOT NULL DEFAULT ''
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`;
const fenceNow = { lockTimeoutMs: 15_000 };
const small = { copyWorkers: 3, chunkRowsAtFirst: 100, chunkRowsMax: 100 };

async function fill(fixture: MoveFixture, name: string, rows = 1_000): Promise<void> {
  const values = Array.from({ length: rows }, (_, n) => [`c${n}`, `몸 ${n}`]);
  await fixture.source.query(`INSERT INTO ${name} (code, body) VALUES ?`, [values]);
}

describeEachEngine('a copy by several workers', (lane) => {
  it('leaves the keys of all its chunks alone: no row that was deleted meanwhile comes back', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [table('t')], tables: ['t'] });
    await fill(fixture, 't');
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: small });
    await move.installCapture();
    const applier = move.startApplying();
    const met = meeting(3);
    let arrived = 0;
    points.at('copy:after-read', async () => {
      arrived += 1;
      if (arrived > 3) return;
      const last = arrived === 3;
      if (last) {
        await fixture.source.query('DELETE FROM t WHERE id IN (50, 150, 250)');
        await fixture.source.query("UPDATE t SET body = 'changed' WHERE id IN (1, 100, 101, 200, 201, 300)");
        await expect(applier.drain({ deadlineMs: 300 })).rejects.toMatchObject({
          code: 'BANYAN_DRAIN_TIMEOUT',
        });
        expect(await move.backlog()).toMatchObject({ entries: 9 });
      }
      await met();
    });
    // Fenced at once, so that nothing heals later what went wrong.
    await move.copy();
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(source).toHaveLength(997);
    expect(target).toEqual(source);
  });

  it('resumes behind chunks that landed out of order, and copies none of them twice', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [table('t')], tables: ['t'] });
    await fill(fixture, 't');
    const points = new TestPoints();
    const first = await fixture.open({ points, tuning: small });
    await first.installCapture();
    // The first chunk never lands: the others go on without it, to the end.
    const held = Promise.withResolvers<void>();
    points.at('copy:after-read', ({ first: isFirst }) => (isFirst ? held.promise : undefined));
    const abandoned = first.copy();
    const progress = async () => {
      const [rows] = await fixture.target.query(
        'SELECT progress FROM ??.mover_progress WHERE table_name = ?',
        [fixture.spec.bookkeepingSchema, 't'],
      );
      const [row] = rows as { progress: string }[];
      return row ? JSON.parse(row.progress) : null;
    };
    await expect.poll(progress, { timeout: 30_000 }).toMatchObject({ after: null, rowsDone: 900 });
    expect((await progress()).ahead).toHaveLength(1);
    expect(await first.copied()).toBe(false);

    // Another process takes over. Rows beyond the first chunk prove that they are not read again.
    const move = await fixture.open({ tuning: small });
    await fixture.target.query("UPDATE t SET body = 'not copied again' WHERE id = 500");
    await fixture.source.query("UPDATE t SET body = 'changed' WHERE id = 7");
    const done: number[] = [];
    await move.copy({ onProgress: ({ rowsDone }) => done.push(rowsDone) });
    expect(done.at(-1)).toBe(1_000);
    expect(await move.copied()).toBe(true);
    const { target } = await fixture.bothSides('t');
    expect(JSON.stringify(target)).toContain('not copied again');
    // What the first process had in hand is refused.
    const refused = expect(abandoned).rejects.toMatchObject({ code: 'BANYAN_MOVE_SUPERSEDED' });
    held.resolve();
    await refused;
    const applier = move.startApplying();
    await fixture.source.query("UPDATE t SET body = 'carried over' WHERE id = 500");
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const sides = await fixture.bothSides('t');
    expect(sides.target).toEqual(sides.source);
  });

  it('clears a chunk’s range without waiting for rows behind it that are not committed yet', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [table('t')], tables: ['t'] });
    const { spec, target } = fixture;
    const wanted = Array.from({ length: 700 }, (_, n) => [n + 1, 'an earlier copy’s']);
    await target.query('INSERT INTO t (id, body) VALUES ?', [wanted]);
    // By these statistics it is cheaper to read all of the table than to look anything up.
    const { database } = spec.target;
    await administer(lane.servers.b, [
      `ALTER TABLE ${database}.t STATS_AUTO_RECALC = 0`,
      `UPDATE mysql.innodb_table_stats SET n_rows = 0 WHERE database_name = '${database}'`,
      `FLUSH TABLES ${database}.t`,
    ]);
    const other = await fixture.connect('target');
    await other.query('START TRANSACTION');
    await other.query('INSERT INTO t (id) VALUES (1000)');
    const [source, session] = await Promise.all(
      [spec.source, spec.target].map((side) => Session.open({ endpoint: side, lockWaitSeconds: 1 })),
    );
    try {
      const plan = await readTablePlan(source as Session, session as Session, spec, spec.tables[0]!);
      const upTo = (id: number) => [Buffer.from(String(id))];
      await (session as Session).run('START TRANSACTION');
      // By its keys what is behind 650, by the range what is before: that locks the row behind it, which is committed.
      for (const range of [
        { after: upTo(650), upTo: upTo(999) },
        { after: null, upTo: upTo(600) },
      ]) {
        await clearRange(session as Session, plan.target, range);
      }
      await (session as Session).run('COMMIT');
      await other.query('COMMIT');
      const [rows] = await target.query(
        'SELECT MIN(id) AS first, MAX(id) AS last, COUNT(*) AS number FROM t',
      );
      expect(rows).toEqual([{ first: 601, last: 1000, number: 51 }]);
    } finally {
      source?.close();
      session?.close();
    }
  });

  it('copies several tables side by side', async () => {
    const names = ['a', 'b', 'c'];
    await using fixture = await MoveFixture.create(lane, { schema: names.map(table), tables: names });
    for (const name of names) await fill(fixture, name, 250);
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: small });
    await move.installCapture();
    const met = meeting(3);
    const first: unknown[] = [];
    points.at('copy:after-read', async ({ table: name }) => {
      if (first.push(name) <= 3) await met();
    });
    await move.copy();
    expect(first.slice(0, 3).sort()).toEqual(names);
    expect(await move.verify()).toMatchObject({ rowsCompared: 750, different: 0, unsettled: 0 });
  });

  it('a row that leaves because its unique value moved on is brought back after it has left', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [table('t')], tables: ['t'] });
    const { source } = fixture;
    await source.query("INSERT INTO t (id, code) VALUES (1, 'A'), (2, 'B')");
    const points = new TestPoints();
    const move = await fixture.open({
      points,
      tuning: { copyWorkers: 1, chunkRowsAtFirst: 1, chunkRowsMax: 1 },
    });
    await move.installCapture();
    const swapped = async () => {
      await source.query("UPDATE t SET code = CASE id WHEN 1 THEN 'A1' ELSE 'A' END ORDER BY id");
    };
    points.at('copy:range-published', async () => {
      if (points.reached.filter((point) => point === 'copy:range-published').length === 2) await swapped();
    });
    // Row 1 holds A on the target, where row 2 is to have it. The applier would like to bring row 1 at once.
    let applier = null as ReturnType<typeof move.startApplying> | null;
    points.once('copy:marked', async () => {
      applier = move.startApplying();
      await expect(applier.drain({ deadlineMs: 300 })).rejects.toMatchObject({
        code: 'BANYAN_DRAIN_TIMEOUT',
      });
    });
    await move.copy();
    expect(points.reached).toContain('copy:marked');
    await move.fence('source', fenceNow);
    await applier?.drain({ deadlineMs: 30_000 });
    const sides = await fixture.bothSides('t');
    expect(sides.source).toHaveLength(2);
    expect(sides.target).toEqual(sides.source);
  });
});
