import { randomBytes } from 'node:crypto';
import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { inspectMove } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

/** Summer time ends at 01:00 UTC on 27 October 2024: from 00:00 to 02:00 UTC each local time comes twice. */
async function makeZone(on: mysql.Connection): Promise<string> {
  const zone = `Test/Summer_${randomBytes(4).toString('hex')}`;
  const [made] = await on.query<mysql.ResultSetHeader>(
    "INSERT INTO mysql.time_zone (Use_leap_seconds) VALUES ('N')",
  );
  const id = made.insertId;
  await on.query('INSERT INTO mysql.time_zone_name VALUES (?, ?)', [zone, id]);
  await on.query(
    "INSERT INTO mysql.time_zone_transition_type VALUES (?, 0, 3600, 0, 'W'), (?, 1, 7200, 1, 'S')",
    [id, id],
  );
  await on.query('INSERT INTO mysql.time_zone_transition VALUES (?, 1711846800, 1), (?, 1729990800, 0)', [
    id,
    id,
  ]);
  return zone;
}

const inside = ['00:30:00', '01:30:00'].map((time) => `2024-10-27 ${time}`);

describeEachEngine('a key that is an instant', (lane) => {
  it('is noted as it is by writers in a time zone in which its hour comes twice', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        'CREATE TABLE p (id INT PRIMARY KEY)',
        `CREATE TABLE t (at TIMESTAMP(3) NOT NULL DEFAULT '2020-01-01', p INT NOT NULL, n INT NOT NULL DEFAULT 0, PRIMARY KEY (at, p),
           CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)`,
      ],
      tables: ['p', 't'],
    });
    const { source, target } = fixture;
    const zone = await makeZone(source);
    await source.query("SET time_zone = '+00:00', sql_mode = ''");
    await source.query('INSERT INTO p VALUES (1), (2), (3), (4)');
    const instants = [...inside, '0000-00-00 00:00:00', '2030-06-01 12:00:00.125'];
    for (const at of instants)
      await source.query('INSERT INTO t (at, p) VALUES (?, 1), (?, 2), (?, 3)', [at, at, at]);

    for (const cascadeWaysMax of [10, 0]) {
      const move = await fixture.open({ tuning: { cascadeWaysMax } });
      await move.restartCopy();
      await move.fence('target', { lockTimeoutMs: 15_000 });
      await move.installCapture();
      const applier = move.startApplying();
      await move.copy();
      const gone = cascadeWaysMax === 0 ? 2 : 1;
      await source.query('SET time_zone = ?', [zone]);
      await source.query('UPDATE t SET n = n + 1 WHERE p > ?', [gone]);
      await source.query('DELETE FROM p WHERE id = ?', [gone]);
      await source.query('DELETE FROM t WHERE p = 3 AND n = 2');
      await expect.poll(async () => (await applier.backlog()).entries, { timeout: 20_000 }).toBe(0);
      const rows = async (on: mysql.Connection) => {
        await on.query("SET time_zone = '+00:00', sql_mode = ''");
        const [found] = await on.query<mysql.RowDataPacket[]>(
          'SELECT CONCAT(at) AS at, p, n FROM t ORDER BY p, at',
        );
        return found.map(({ at, p, n }) => `${at} ${p} ${n}`);
      };
      const here = await rows(source);
      expect(here.length).toBe(cascadeWaysMax === 0 ? 0 : 2 * instants.length);
      expect(await rows(target)).toEqual(here);
      await applier.stop();
      await move.dropCapture();
      await move.close();
    }
  });

  it('may not be what a foreign key cascades by, where triggers would look for the wrong one', async () => {
    const parts = {
      schema: [
        "CREATE TABLE p (at TIMESTAMP NOT NULL DEFAULT '2020-01-01' PRIMARY KEY)",
        `CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT '2020-01-01',
           CONSTRAINT t_p FOREIGN KEY (at) REFERENCES p (at) ON DELETE CASCADE)`,
      ],
      tables: ['p', 't'],
      capture: 'triggers',
    } as const;
    await using fixture = await MoveFixture.create(lane, parts);
    const { faults } = await inspectMove(fixture.spec);
    const told = faults.filter(({ code }) => code === 'BANYAN_FOREIGN_KEY_CASCADE').map(({ what }) => what);
    // MariaDB finds them: seen on 10.11, in the same hour.
    expect(told).toEqual(
      lane.engine === 'mariadb' ? [] : Array(2).fill(expect.stringContaining('cascades by at, a TIMESTAMP')),
    );
  });
});
