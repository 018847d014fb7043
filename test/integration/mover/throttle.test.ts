import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const schema = ['CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, body VARCHAR(200) NOT NULL)'];
const small = { chunkRowsAtFirst: 20, chunkRowsMax: 20, throttleEveryMs: 20 };

async function filled(lane: Parameters<Parameters<typeof describeEachEngine>[1]>[0]): Promise<MoveFixture> {
  const fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
  const rows = Array.from({ length: 2_000 }, (_, n) => [`몸 ${n}`]);
  await fixture.source.query('INSERT INTO t (body) VALUES ?', [rows]);
  return fixture;
}

/** The value that stays the same for half a second. */
async function restsAt(look: () => number): Promise<number> {
  for (;;) {
    const value = look();
    await wait(500);
    if (look() === value) return value;
  }
}

describeEachEngine('the throttle of a copy', (lane) => {
  it('stands at once when it is told to, and goes on from there', async () => {
    await using fixture = await filled(lane);
    const move = await fixture.open({ tuning: small });
    await move.installCapture();
    let done = 0;
    let toldAt = 0;
    const copying = move.copy({
      onProgress: ({ rowsDone }) => {
        done = rowsDone;
        if (rowsDone < 200 || toldAt > 0) return;
        toldAt = rowsDone;
        move.throttle({ workers: 2, share: 0 });
      },
    });
    await expect.poll(() => toldAt, { timeout: 30_000 }).toBeGreaterThanOrEqual(200);
    // What was in hand has landed, a chunk of each of the three other workers, and no more than that.
    expect(await restsAt(() => done)).toBeLessThanOrEqual(toldAt + 3 * small.chunkRowsMax);
    expect(move.pace()).toEqual({ workers: 2, share: 0, because: [], movers: [] });
    move.throttle({ workers: 1, share: 1 });
    await copying;
    expect(done).toBe(2_000);
    expect(await move.verify()).toMatchObject({ rowsCompared: 2_000, different: 0 });
  });

  it('stands while too many changes wait, so that the applier catches up', async () => {
    await using fixture = await filled(lane);
    const move = await fixture.open({ tuning: { ...small, maxBacklogEntries: 100 } });
    await move.installCapture();
    await fixture.source.query("UPDATE t SET body = 'changed' WHERE id <= 300");
    let done = 0;
    const copying = move.copy({
      onProgress: ({ rowsDone }) => {
        done = rowsDone;
      },
    });
    const told = ['300 changes wait to be applied, more than 100'];
    await expect.poll(() => move.pace(), { timeout: 30_000 }).toMatchObject({ share: 0, because: told });
    expect(await restsAt(() => done)).toBeLessThan(2_000);
    const applier = move.startApplying();
    await copying;
    expect(done).toBe(2_000);
    expect(await move.verify()).toMatchObject({ rowsCompared: 2_000, different: 0, unsettled: 0 });
    await applier.stop();
  });

  it('can ask both servers whatever it wants to know', async () => {
    await using fixture = await filled(lane);
    const limits = { maxThreadsRunning: 0, maxHistoryLength: -1, maxCommitMs: -1, maxBacklogEntries: -1 };
    const move = await fixture.open({ tuning: { ...small, ...limits } });
    await move.installCapture();
    const ended = new AbortController();
    const copying = move.copy({ signal: ended.signal });
    await expect.poll(() => move.pace().because.length, { timeout: 30_000 }).toBe(6);
    for (const because of move.pace().because) expect(because).toMatch(/^\D*\d+ .*, more than -?\d/);
    ended.abort();
    await expect(copying).rejects.toThrow();
  });

  it('stands for a replica that is behind, one that cannot be asked, and a disk that is nearly full', async () => {
    await using fixture = await filled(lane);
    const { target, source } = fixture.spec;
    // What a replica of the source would have; the target's server stands for it.
    const replicas = [target, { ...target, port: 1 }];
    const spec = { ...fixture.spec, room: { replicas, minFreeBytes: 2 ** 60 } };
    const move = await fixture.open({ tuning: small, spec });
    await move.installCapture();
    const counts = `\`${spec.bookkeepingSchema}\`.mover_counts`;
    const feature = spec.id.replace(':forward', '');
    await fixture.source.query(`UPDATE ${counts} SET counted_at = NOW(3)`);
    await fixture.target.query(
      `INSERT INTO ${counts} SELECT ?, feature, 0, 0, NOW(3) - INTERVAL 1 MINUTE FROM ${counts} WHERE feature = ?`,
      [source.database, feature],
    );
    const ended = new AbortController();
    const copying = move.copy({ signal: ended.signal });
    copying.catch(() => undefined);
    await expect
      .poll(() => move.pace(), { timeout: 30_000 })
      .toMatchObject({
        share: 0,
        because: [
          expect.stringMatching(/^the target’s server has [\d.]+ [KMGT]iB left, less than 1048576 TiB$/),
          expect.stringMatching(/^the replica 127\.0\.0\.1:\d+ is (5|6)\d{4} ms behind, more than 10,000$/),
          expect.stringMatching(/^the replica 127\.0\.0\.1:1 cannot be asked: /),
        ],
      });
    ended.abort();
    await expect(copying).rejects.toThrow();
  });
});
