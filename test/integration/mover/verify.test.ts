import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BanyanError } from '../../../common/errors.ts';
import { describeEachEngine, describeOnEngine, type EngineLane } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const schema = ['CREATE TABLE t (id INT NOT NULL PRIMARY KEY, body VARCHAR(200) NOT NULL)'];
const small = { verifyChunkRows: 100, throttleEveryMs: 20 };
const hourMs = 3_600_000;

/** 1,000 rows that have moved. */
async function moved(lane: EngineLane): Promise<MoveFixture> {
  const fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
  const rows = Array.from({ length: 1_000 }, (_, n) => [n, `몸 ${n}`]);
  await fixture.source.query('INSERT INTO t (id, body) VALUES ?', [rows]);
  const move = await fixture.open();
  await move.fence('target', { lockTimeoutMs: 5_000 });
  await move.installCapture();
  await move.copy();
  await move.openFence('target');
  await move.close();
  return fixture;
}

/** A process that dies with its fourth chunk. */
async function cutOff(fixture: MoveFixture): Promise<void> {
  let chunks = 0;
  const reach = (point: string) => {
    chunks += point === 'verify:chunk-compared' ? 1 : 0;
    if (chunks === 4) throw new Error('died');
  };
  const move = await fixture.open({ tuning: small, points: { reach } });
  await expect(move.verify()).rejects.toThrow('died');
  await move.close();
}

describeEachEngine('what a verify keeps', (lane) => {
  it('does not wait for changes that nobody applies, nor does a dry run of a repair', async () => {
    await using fixture = await moved(lane);
    const patient = { ...small, verifyPatienceMs: 4_000 };
    const move = await fixture.open({ tuning: patient });
    await move.fence('target', { lockTimeoutMs: 5_000 });
    await fixture.source.query("UPDATE t SET body = 'on its way' WHERE id % 100 = 5");
    const began = performance.now();
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 10 });
    expect(await move.repair({ dryRun: true })).toMatchObject({ different: 10 });
    expect(performance.now() - began).toBeLessThan(25_000);
    const applier = move.startApplying();
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
    await applier.stop();
  });

  it('goes on from its last chunk when it was cut off, and begins anew when that is long ago or asked for', async () => {
    await using fixture = await moved(lane);
    await cutOff(fixture);
    // Seen by nobody who does not look at the rows that were compared before.
    await fixture.target.query("UPDATE t SET body = 'by hand' WHERE id IN (0, 299, 300, 999)");
    const move = await fixture.open({ tuning: small });
    expect(await move.verified()).toMatchObject({ rows: 300, different: 0, oldestMs: null });
    const resumed = await move.verify({ resumeWithinMs: hourMs });
    expect(resumed).toMatchObject({ rowsCompared: 700, rowsKept: 300, different: 2 });
    const { oldestMs, ...found } = await move.verified();
    expect(found).toMatchObject({ rows: 1_000, different: 2, tables: [{ table: 't', different: 2 }] });
    expect(oldestMs).toBeLessThan(hourMs);
    // That one has come to its end: the next begins at the beginning.
    expect(await move.verify({ resumeWithinMs: hourMs })).toMatchObject({
      rowsCompared: 1_000,
      different: 4,
    });
    await cutOff(fixture);
    const again = await fixture.open({ tuning: small });
    expect(await again.verify({ resumeWithinMs: -1 })).toMatchObject({ rowsCompared: 1_000, rowsKept: 0 });
    await again.adoptTarget();
    expect(await again.verified()).toMatchObject({ rows: 0, different: 0, oldestMs: null });
  });

  it('fails with what has gone wrong, where the move is stopped for that meanwhile', async () => {
    await using fixture = await moved(lane);
    const because = new BanyanError('BANYAN_SCHEMA_CHANGED', 'shop.t was altered', {
      fix: 'Alter both sides alike.',
    });
    const points = new TestPoints();
    const move = await fixture.open({ tuning: small, points });
    points.once('verify:chunk-compared', () => void move.close({ because }));
    await expect(move.verify()).rejects.toMatchObject({
      code: 'BANYAN_MOVE_CLOSED',
      message: 'the move stopped while this was under way: shop.t was altered',
      fix: 'Alter both sides alike. Then give the command again.',
    });
    await expect(move.checkPrepared()).rejects.toMatchObject({ code: 'BANYAN_MOVE_CLOSED', cause: because });
  });
});

describeOnEngine('mariadb', 'a verify', (lane) => {
  it('compares only what was not looked at for long, or a part that is taken by chance', async () => {
    await using fixture = await moved(lane);
    await cutOff(fixture);
    const move = await fixture.open({ tuning: small });
    expect(await move.verify({ olderThanMs: hourMs, share: 0.5 })).toMatchObject({
      ...{ rowsCompared: 700, rowsKept: 300, different: 0 },
    });
    expect(await move.verify({ olderThanMs: hourMs })).toMatchObject({ rowsCompared: 0, rowsKept: 1_000 });
    const { rowsCompared } = await move.verify({ sample: 0.5 });
    expect(rowsCompared % 100).toBe(0);
    expect((await move.verify({ sample: 1e-9 })).rowsCompared).toBe(0);
    expect((await move.verified()).rows).toBeGreaterThanOrEqual(1_000);
  });

  it('stands while a server has too much to do, and says so', async () => {
    await using fixture = await moved(lane);
    // It must not come to its end before the throttle has looked some times: a thousand chunks, and none of them at once.
    const reach = () => wait(5);
    const tuning = { ...small, verifyChunkRows: 1, maxThreadsRunning: 0 };
    const move = await fixture.open({ tuning, points: { reach } });
    const ended = new AbortController();
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    const verifying = move.verify({
      signal: ended.signal,
      onProgress: ({ because }) => because.length > 0 && resolve(because),
    });
    expect((await promise)[0]).toMatch(/threads run on the source, more than 0/);
    ended.abort();
    await expect(verifying).rejects.toThrow();
  });
});
