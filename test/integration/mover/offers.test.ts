import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { MoveSpec } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const schema = [
  `CREATE TABLE t (
     id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) NULL UNIQUE, body VARCHAR(200) NOT NULL DEFAULT ''
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];
const tuning = { copyWorkers: 3, chunkRowsAtFirst: 100, chunkRowsMax: 100, moverLeaseMs: 1_500 };

/** A mover in a process of its own, and what it has said so far. */
function startMover(spec: MoveSpec, moment = 'nowhere') {
  const child = fork(new URL('./offered-process.ts', import.meta.url), [JSON.stringify(spec), moment]);
  const said: string[] = [];
  child.on('message', (line) => said.push(String(line)));
  return Object.assign(child, {
    said,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGKILL');
    },
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

describeEachEngine('a copy by several processes', (lane) => {
  it('goes on with the others when one is killed or frozen, which then changes nothing', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const rows = Array.from({ length: 1_000 }, (_, n) => [`c${n}`, `몸 ${n}`]);
    await fixture.source.query('INSERT INTO t (code, body) VALUES ?', [rows]);
    const points = new TestPoints();
    const move = await fixture.open({ points, tuning });
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    const applier = move.startApplying();
    await using frozen = startMover(fixture.spec, 'offer:before-commit');
    await using killed = startMover(fixture.spec, 'offer:read');
    move.throttle({ workers: 3, share: 0 });
    const copying = move.copy();
    await expect.poll(() => move.pace().movers.length, { timeout: 60_000 }).toBe(2);
    move.throttle({ workers: 3, share: 1 });
    await expect
      .poll(() => [...frozen.said, ...killed.said], { timeout: 60_000 })
      .toEqual(['offer:before-commit', 'offer:read']);
    // Of all chunks: whatever the two have read of them is out of date from here on.
    await fixture.source.query('DELETE FROM t WHERE id % 10 = 3');
    await fixture.source.query("UPDATE t SET body = 'changed' WHERE id % 10 = 4");
    await using whole = startMover(fixture.spec);
    await expect.poll(() => move.pace().movers.length, { timeout: 60_000 }).toBe(3);
    frozen.kill('SIGSTOP');
    await end(killed, 'SIGKILL');
    await copying;
    // This process has read none of them.
    expect(points.reached).not.toContain('copy:after-read');
    expect(whole.said.length).toBeGreaterThan(5);
    expect(move.pace().movers).toEqual([]);

    await move.fence('source', { lockTimeoutMs: 15_000 });
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(source).toHaveLength(900);
    expect(target).toEqual(source);
    frozen.kill('SIGCONT');
    frozen.send('go on');
    await end(frozen, 'SIGTERM');
    await end(whole, 'SIGTERM');
    expect(frozen.said).toEqual(['offer:before-commit']);
    expect(await fixture.bothSides('t')).toEqual({ source, target });
  });

  it('is of no use to one that worked for an earlier holder of the move', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await fixture.source.query("INSERT INTO t (code, body) VALUES ('a', 'old'), ('b', 'old')");
    await using late = startMover(fixture.spec, 'offer:read');
    const first = await fixture.open({ tuning });
    await first.fence('target', { lockTimeoutMs: 15_000 });
    await first.installCapture();
    first.throttle({ workers: 1, share: 0 });
    const abandoned = first.copy().catch((error: unknown) => error);
    await expect.poll(() => first.pace().movers.length, { timeout: 60_000 }).toBe(1);
    first.throttle({ workers: 1, share: 1 });
    await expect.poll(() => late.said, { timeout: 60_000 }).toEqual(['offer:read']);
    const second = await fixture.open({ tuning });
    await fixture.source.query("UPDATE t SET body = 'new'");
    late.send('go on');
    expect(await abandoned).toMatchObject({ code: expect.stringMatching(/^BANYAN_/) });
    // Its lease is still good: the next copy waits for it, and it does that chunk for the one that has the move now.
    const applier = second.startApplying();
    await second.copy();
    await second.fence('source', { lockTimeoutMs: 15_000 });
    await applier.drain({ deadlineMs: 30_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });
});
