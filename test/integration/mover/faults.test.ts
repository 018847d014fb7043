import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { claimEpoch } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const schema = [
  `CREATE TABLE t (
     id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) NULL UNIQUE, body VARCHAR(200) NOT NULL DEFAULT ''
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];
const fenceNow = { lockTimeoutMs: 15_000 };
const small = { chunkRowsAtFirst: 100, chunkRowsMax: 100, fingerprintEveryMs: 20 };

async function filled(lane: Parameters<Parameters<typeof describeEachEngine>[1]>[0]): Promise<MoveFixture> {
  const fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
  const rows = Array.from({ length: 1_000 }, (_, n) => [`c${n}`, `몸 ${n}`]);
  await fixture.source.query('INSERT INTO t (code, body) VALUES ?', [rows]);
  return fixture;
}

describeEachEngine('faults of a move', (lane) => {
  it('a mover that was taken over from cannot commit any more, in the copy or in the applier', async () => {
    await using fixture = await filled(lane);
    const points = new TestPoints();
    const zombie = await fixture.open({ points, tuning: small });
    await zombie.installCapture();
    const zombieApplier = zombie.startApplying();
    // Once, though several workers come by.
    let claiming: Promise<number> | null = null;
    points.at('copy:after-read', async () => {
      if (points.reached.includes('copy:range-cleared')) claiming ??= claimEpoch(fixture.spec);
      await claiming;
    });
    await expect(zombie.copy()).rejects.toMatchObject({ code: 'BANYAN_MOVE_SUPERSEDED' });
    const successor = (await claiming) ?? 0;
    await fixture.source.query("UPDATE t SET body = 'changed' WHERE id = 1");
    await expect(zombieApplier.failed).resolves.toMatchObject({ code: 'BANYAN_MOVE_SUPERSEDED' });
    await expect(zombie.fence('source', fenceNow)).rejects.toMatchObject({ code: 'BANYAN_MOVE_SUPERSEDED' });
    await expect(fixture.open({ epoch: successor - 1 })).rejects.toMatchObject({
      code: 'BANYAN_MOVE_SUPERSEDED',
    });

    const move = await fixture.open({ epoch: successor, tuning: small });
    const applier = move.startApplying();
    const done: number[] = [];
    await move.copy({ onProgress: (progress) => done.push(progress.rowsDone) });
    expect(done[0]).toBeGreaterThan(100);
    expect(done.at(-1)).toBe(1_000);
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });

  it('a mover killed in the middle of everything is followed by one that resumes', async () => {
    await using fixture = await filled(lane);
    const moments = ['copy:after-read', 'copy:after-write', 'apply:before-commit', 'apply:after-commit'];
    for (const moment of moments) {
      const child = fork(new URL('./mover-process.ts', import.meta.url), [
        JSON.stringify(fixture.spec),
        moment,
      ]);
      await fixture.source.query('UPDATE t SET body = ? WHERE id % 10 = 3', [moment]);
      await once(child, 'message');
      child.kill('SIGKILL');
      await once(child, 'exit');
      await fixture.source.query('DELETE FROM t WHERE id = ?', [10 + moments.indexOf(moment)]);
    }
    const move = await fixture.open({ tuning: small });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    expect(await move.verify()).toMatchObject({ rowsCompared: 996, different: 0, unsettled: 0 });
  });

  it('outlives connections that break', async () => {
    await using fixture = await filled(lane);
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning: small });
    await move.installCapture();
    const applier = move.startApplying();
    let cuts = 0;
    let ended = 0;
    points.at('copy:after-write', async () => {
      cuts += 1;
      if (cuts === 3) ended += await cutOwn(fixture, 'target');
      if (cuts === 5) ended += await cutOwn(fixture, 'source');
    });
    await move.copy();
    expect(cuts).toBeGreaterThan(10);
    expect(ended).toBeGreaterThan(3);
    await fixture.source.query("UPDATE t SET body = 'after the cuts' WHERE id < 50");
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });

  it.each([
    ['a dropped trigger', 'BANYAN_CAPTURE_BROKEN', dropTrigger],
    ['a new column', 'BANYAN_SCHEMA_CHANGED', sql('ALTER TABLE t ADD COLUMN extra INT NULL')],
    ['a changed type', 'BANYAN_SCHEMA_CHANGED', sql('ALTER TABLE t MODIFY body TEXT NOT NULL')],
    ['TRUNCATE', 'BANYAN_SCHEMA_CHANGED', sql('TRUNCATE TABLE t')],
    ['another table in its place', 'BANYAN_SCHEMA_CHANGED', replaceTable],
  ])('stops loudly at %s', async (_name, code, change) => {
    await using fixture = await filled(lane);
    const move = await fixture.open({ tuning: small });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    expect(await move.captureState()).toBe('complete');
    await change(fixture);
    await expect(applier.failed).resolves.toMatchObject({ code });
    await expect(applier.drain({ deadlineMs: 1_000 })).rejects.toMatchObject({ code });
    expect(await move.captureState()).toBe('broken');
    await expect(move.installCapture()).rejects.toMatchObject({ code });

    // What the fix in the message says.
    if (code !== 'BANYAN_CAPTURE_BROKEN') return;
    await move.dropCapture();
    expect(await move.copied()).toBe(false);
    await fixture.source.query("UPDATE t SET body = 'never captured' WHERE id = 5");
    await move.installCapture();
    const again = move.startApplying();
    await move.copy();
    await move.fence('source', fenceNow);
    await again.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });

  it('tells what a server refused, in the copy and in the applier, and goes on when it is cured', async () => {
    await using fixture = await filled(lane);
    const { source, target } = fixture;
    await target.query('ALTER TABLE t ADD CONSTRAINT strict CHECK (CHAR_LENGTH(body) < 10)');
    await source.query("UPDATE t SET body = 'much too long' WHERE id = 700");
    const move = await fixture.open({ tuning: { ...small, writeWith: 'insert' } });
    await move.installCapture();
    const applier = move.startApplying();
    await expect(move.copy()).rejects.toMatchObject({
      code: 'BANYAN_COPY_FAILED',
      message: expect.stringContaining('strict'),
    });
    await source.query("UPDATE t SET body = 'much too long' WHERE id = 5");
    await expect(applier.failed).resolves.toMatchObject({
      code: 'BANYAN_APPLY_FAILED',
      message: expect.stringContaining('strict'),
    });
    await target.query('ALTER TABLE t DROP CONSTRAINT strict');
    const again = move.startApplying();
    await move.copy();
    await again.drain({ deadlineMs: 30_000 });
    expect(await move.verify()).toMatchObject({ rowsCompared: 1_000, different: 0, unsettled: 0 });
  });

  it.each(['auto', 'infile'] as const)(
    'a target column too small for a value stops rows that go by %s',
    async (writeWith) => {
      await using fixture = await filled(lane);
      const points = new TestPoints();
      const move = await fixture.open({ points, tuning: { ...small, copyWorkers: 1, writeWith } });
      await move.installCapture();
      points.once('copy:range-published', async () => {
        await fixture.target.query('ALTER TABLE t MODIFY body VARCHAR(4) NOT NULL');
      });
      const stopped = { code: 'BANYAN_COPY_ALTERED', message: expect.stringContaining('body') };
      await expect(move.copy()).rejects.toMatchObject(stopped);
      expect(await move.copied()).toBe(false);
      await expect(move.copy()).rejects.toMatchObject({ code: 'BANYAN_TABLES_DIFFER' });
    },
  );

  it('a migration of the target stops the applier, unless it changes nothing that is carried', async () => {
    await using fixture = await filled(lane);
    const move = await fixture.open({ tuning: small });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await fixture.target.query('ALTER TABLE t ADD COLUMN size INT AS (CHAR_LENGTH(body)) VIRTUAL');
    await fixture.source.query("UPDATE t SET body = 'goes on' WHERE id = 3");
    await applier.drain({ deadlineMs: 30_000 });
    await fixture.target.query('ALTER TABLE t ADD COLUMN theirs INT NULL');
    const stopped = { code: 'BANYAN_TABLES_DIFFER', faults: [{ code: 'BANYAN_COLUMN_EXTRA' }] };
    await expect(applier.failed).resolves.toMatchObject(stopped);
  });

  it('verify finds what differs, and only that, under writes', async () => {
    await using fixture = await filled(lane);
    const { source, target } = fixture;
    const move = await fixture.open({ tuning: { ...small, verifyChunkRows: 400 } });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await expect.poll(() => move.backlog()).toMatchObject({ entries: 0 });
    await target.query("UPDATE t SET body = 'corrupted' WHERE id = 17");
    await target.query('DELETE FROM t WHERE id = 940');
    await target.query('INSERT INTO t (id, code) VALUES (5000, NULL)');
    let stop = false;
    const writing = (async () => {
      for (let n = 0; !stop; n += 1) {
        await source.query('UPDATE t SET body = ? WHERE id = ?', [`busy ${n}`, 100 + (n % 800)]);
      }
    })();
    const report = await move.verify().finally(() => {
      stop = true;
      return writing;
    });
    expect(report).toMatchObject({ rowsCompared: 1_000, different: 3, unsettled: 0 });
    expect(report.tables[0]?.samples).toEqual(
      expect.arrayContaining([
        {
          key: { id: '17' },
          kind: 'changed',
          columns: { body: { source: '몸 16', target: 'corrupted' } },
        },
        { key: { id: '940' }, kind: 'missing', columns: {} },
        { key: { id: '5000' }, kind: 'extra', columns: {} },
      ]),
    );
    // A row that is dirty and never applied is not called a fault.
    await expect.poll(() => move.backlog()).toMatchObject({ entries: 0 });
    await applier.stop();
    await source.query("UPDATE t SET body = 'dirty' WHERE id = 20");
    const idle = await fixture.open({ tuning: { verifyPatienceMs: 300 } });
    expect(await idle.verify()).toMatchObject({ different: 3, unsettled: 1 });
    // Nor is one that changes faster than it is applied, so that no look finds both sides equal.
    let over = false;
    const racing = (async () => {
      const body = 'UPDATE t SET body = ? WHERE id = 20';
      for (let n = 1; !over; n += 1) {
        await source.query(body, [`round ${n}`]);
        await target.query(body, [`round ${n - 1}`]);
        await wait(10);
      }
    })();
    // Looks as far apart as the row's changes would meet the version that the target shows only by chance, after hundreds.
    const patient = await fixture.open({ tuning: { verifyPatienceMs: 2_000 } });
    const settled = await patient.verify().finally(() => {
      over = true;
      return racing;
    });
    expect(settled).toMatchObject({ different: 3, unsettled: 0 });
  });

  it('a write reaches the target at once, not at the next look of an idle applier', async () => {
    await using fixture = await filled(lane);
    const move = await fixture.open();
    await move.installCapture();
    move.startApplying();
    await move.copy();
    const delays: number[] = [];
    for (let n = 1; n <= 20; n += 1) {
      await wait(20);
      await fixture.source.query('UPDATE t SET body = ? WHERE id = 1', [`at ${n}`]);
      const begun = performance.now();
      for (let seen = ''; seen !== `at ${n}`; ) {
        const [rows] = await fixture.target.query('SELECT body FROM t WHERE id = 1');
        seen = (rows as { body: string }[])[0]?.body ?? '';
      }
      delays.push(performance.now() - begun);
    }
    // A busy or slow machine only ever adds to them; an applier that looks once a second is late most times.
    expect(delays.sort((a, b) => a - b)[5], `took ${delays.map(Math.round)} ms`).toBeLessThan(400);
  });
});

type Change = (fixture: MoveFixture) => Promise<void>;

function sql(statement: string): Change {
  return async (fixture) => {
    await fixture.source.query(statement);
  };
}

async function dropTrigger(fixture: MoveFixture): Promise<void> {
  const [rows] = await fixture.source.query("SHOW TRIGGERS LIKE 't'");
  const names = (rows as { Trigger: string }[]).map((row) => row.Trigger);
  await fixture.source.query('DROP TRIGGER ??', [names.find((name) => name.includes('update'))]);
}

async function replaceTable(fixture: MoveFixture): Promise<void> {
  await fixture.source.query('CREATE TABLE t2 LIKE t');
  await fixture.source.query('RENAME TABLE t TO t_before, t2 TO t');
}

/** Ends every connection of the mover to one side. The servers belong to other tests as well: the database tells. */
async function cutOwn(fixture: MoveFixture, side: 'source' | 'target'): Promise<number> {
  const [rows] = await fixture[side].query(
    'SELECT ID FROM information_schema.PROCESSLIST WHERE DB = ? AND ID <> ?',
    [fixture.spec[side].database, fixture[side].threadId],
  );
  const ids = (rows as { ID: number }[]).map((row) => row.ID);
  for (const id of ids) await fixture[side].query(`KILL ${id}`);
  return ids.length;
}
