import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';
import { randomFrom } from '../../support/random-from.ts';

const schema = [
  `CREATE TABLE t (
     id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) NULL UNIQUE, body VARCHAR(200) NOT NULL DEFAULT '',
     amount DECIMAL(12,2) NULL, at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE o (
     id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, t_id INT NOT NULL, note TEXT NULL
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];
const rows = 2_000;

/** One client: transactions of one to three writes of every kind, some rolled back, until the fence refuses one. */
async function write(connection: mysql.Connection, seed: number): Promise<number> {
  const random = randomFrom(seed);
  const id = () => 1 + random(rows + 500);
  const kinds: (() => [string, unknown[]])[] = [
    () => [
      'UPDATE t SET body = ?, amount = ? WHERE id = ?',
      [`수정 ${random(1e6)}`, random(1e6) / 100, id()],
    ],
    () => ['UPDATE t SET code = ? WHERE id = ?', [`k${random(300)}`, id()]],
    () => ['UPDATE IGNORE t SET id = ? WHERE id = ?', [id(), id()]],
    () => ['DELETE FROM t WHERE id = ?', [id()]],
    () => ['INSERT IGNORE INTO t (id, code, body) VALUES (?, ?, ?)', [id(), `k${random(300)}`, 'ignore']],
    () => ['REPLACE INTO t (code, body) VALUES (?, ?)', [`k${random(300)}`, 'replaced']],
    () => ["INSERT INTO t (code) VALUES (?) ON DUPLICATE KEY UPDATE body = 'again'", [`k${random(300)}`]],
    () => ['INSERT INTO o (t_id, note) VALUES (?, ?)', [id(), `🧾 ${random(1e9)}`]],
    () => ['UPDATE o SET note = NULL WHERE t_id = ?', [id()]],
    () => ['DELETE FROM o WHERE id = ?', [random(1_000)]],
  ];
  for (let done = 0; ; done += 1) {
    try {
      await connection.query('START TRANSACTION');
      for (let n = random(3); n >= 0; n -= 1) {
        const [sql, values] = (kinds[random(kinds.length)] as (typeof kinds)[number])();
        await connection.query(sql, values);
      }
      await connection.query(random(10) === 0 ? 'ROLLBACK' : 'COMMIT');
    } catch (error) {
      await connection.query('ROLLBACK');
      const { sqlState, errno } = error as { sqlState?: string; errno?: number };
      if (sqlState === '45000') return done;
      if (errno !== 1062 && errno !== 1213 && errno !== 1205) throw error;
    }
  }
}

describeEachEngine('random writers', (lane) => {
  it.each([1, 2])('end with both sides equal to the byte, seed %i', async (seed) => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t', 'o'] });
    const { source } = fixture;
    const initial = Array.from({ length: rows }, (_, n) => [n % 2 ? `s${n}` : null, `행 ${n}`]);
    await source.query('INSERT INTO t (code, body) VALUES ?', [initial]);
    await source.query('INSERT INTO o (t_id) VALUES ?', [initial.map((_, n) => [n])]);
    const move = await fixture.open({
      tuning: { chunkRowsAtFirst: 60, chunkRowsMax: 60, applyBatchEntries: 40 },
    });
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    const applier = move.startApplying();
    const writers = [];
    for (let n = 0; n < 4; n += 1) writers.push(write(await fixture.connect('source'), seed * 100 + n));
    await move.copy();
    expect(await move.verify()).toMatchObject({ different: 0 });
    await move.fence('source', { lockTimeoutMs: 15_000 });
    const writes = await Promise.all(writers);
    await applier.drain({ deadlineMs: 30_000 });
    for (const table of ['t', 'o']) {
      const sides = await fixture.bothSides(table);
      expect(sides.target).toEqual(sides.source);
      const sum = async (connection: mysql.Connection) => {
        const [found] = await connection.query(`CHECKSUM TABLE ${table}`);
        return (found as { Checksum: number }[])[0]?.Checksum;
      };
      expect(await sum(fixture.target)).toBe(await sum(source));
    }
    expect(Math.min(...writes)).toBeGreaterThan(5);
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
  });
});
