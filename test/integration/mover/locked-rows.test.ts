import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const schema = ['CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40) NOT NULL, u INT NULL UNIQUE)'];
/** The rows are locked all the while. */
const timeout = 30_000;

describeEachEngine('rows of the target that somebody has locked', (lane) => {
  for (const capture of ['triggers', 'binlog'] as const) {
    it.each([1, 60])(
      `wait alone: all others are carried over, and %i of them once they are free (${capture})`,
      async (locked) => {
        await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'], capture });
        const { source, target } = fixture;
        const rows = Array.from({ length: 200 }, (_, n) => [n, 'was', n]);
        await source.query('INSERT INTO t VALUES ?', [rows]);
        const move = await fixture.open();
        await move.installCapture();
        await move.copy();
        const applier = move.startApplying();
        await applier.drain({ deadlineMs: timeout });
        const reader = await fixture.connect('target');
        await reader.query('START TRANSACTION');
        await reader.query('SELECT * FROM t FORCE INDEX (PRIMARY) WHERE id < ? FOR UPDATE', [locked]);
        await source.query("UPDATE t SET v = 'is'");
        const there = async () => {
          const [found] = await target.query("SELECT COUNT(*) AS n FROM t WHERE v = 'is'");
          return (found as { n: number }[])[0]?.n;
        };
        // A range of a server's own may have locked the row behind it as well.
        await expect.poll(there, { timeout }).toBeGreaterThanOrEqual(200 - locked - 1);
        // What comes later is not held up either.
        await source.query("INSERT INTO t VALUES (1000, 'is', NULL)");
        await source.query('DELETE FROM t WHERE id = 150');
        await expect
          .poll(async () => (await target.query('SELECT 1 FROM t WHERE id = 1000'))[0], { timeout })
          .toHaveLength(1);
        await expect(applier.drain({ deadlineMs: 300 })).rejects.toMatchObject({
          code: 'BANYAN_DRAIN_TIMEOUT',
        });
        expect(move.lockedKeys).toBeGreaterThanOrEqual(locked);
        await source.query("UPDATE t SET v = 'at last' WHERE id = 0");
        await reader.query('COMMIT');
        await applier.drain({ deadlineMs: timeout });
        expect(move.lockedKeys).toBe(0);
        const sides = await fixture.bothSides('t');
        expect(sides.target).toEqual(sides.source);
        expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
      },
    );
  }

  it('are carried over by another applier, once they are free, when the one that met them has ended', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { source } = fixture;
    await source.query("INSERT INTO t VALUES (1, 'was', 1), (2, 'was', 2)");
    const move = await fixture.open();
    await move.installCapture();
    await move.copy();
    const reader = await fixture.connect('target');
    await reader.query('START TRANSACTION');
    await reader.query('SELECT id FROM t WHERE id = 1 FOR UPDATE');
    await source.query("UPDATE t SET v = 'is'");
    const first = move.startApplying();
    const entries = async () => (await move.backlog()).entries;
    await expect.poll(entries, { timeout }).toBe(1);
    await first.stop();
    await reader.query('COMMIT');
    await move.startApplying().drain({ deadlineMs: timeout });
    const sides = await fixture.bothSides('t');
    expect(sides.target).toEqual(sides.source);
  });

  it('whose unique value another row takes hold that one up, and nothing else', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { source, target } = fixture;
    await source.query("INSERT INTO t VALUES (1, 'was', 1), (2, 'was', 2), (3, 'was', 3)");
    const move = await fixture.open();
    await move.installCapture();
    await move.copy();
    const reader = await fixture.connect('target');
    await reader.query('START TRANSACTION');
    await reader.query('SELECT id FROM t WHERE id = 1 FOR UPDATE');
    await source.query('UPDATE t SET u = 100 WHERE id = 1');
    await source.query('UPDATE t SET u = 1 WHERE id = 2');
    await source.query("UPDATE t SET v = 'is' WHERE id = 3");
    const applier = move.startApplying();
    const third = async () => (await target.query("SELECT 1 FROM t WHERE v = 'is'"))[0];
    await expect.poll(third, { timeout }).toHaveLength(1);
    await reader.query('COMMIT');
    await applier.drain({ deadlineMs: timeout });
    const sides = await fixture.bothSides('t');
    expect(sides.target).toEqual(sides.source);
  });
});
