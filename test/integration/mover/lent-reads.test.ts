import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeRow } from '../../../mover/sql/decode-row.ts';
import { Session } from '../../../mover/sql/session.ts';
import { describeEachEngine } from '../../support/databases.ts';

/** Around the length of one read, of several, and of more than a packet of the protocol holds. */
const lengths = [
  0, 1, 65_529, 65_530, 65_531, 65_536, 131_072, 200_001, 1, 3_000_000, 7, 9_000_000, 17_000_000,
];

describeEachEngine('reads that are lent', (lane) => {
  it('hand on each row whole, however it lies over the reads, and what was kept stays as it was', async () => {
    await using database = await lane.createDatabase('a');
    const session = await Session.open({ endpoint: database, lockWaitSeconds: 5 });
    try {
      const most = await session.packetMax();
      await session.run('CREATE TABLE t (id INT PRIMARY KEY, body LONGBLOB NOT NULL, small INT NOT NULL)');
      const fitting = lengths.filter((length) => length + 1_000 < most);
      for (const [id, length] of fitting.entries()) {
        await session.run(
          `INSERT INTO t VALUES (${id}, LEFT(REPEAT(SHA2(${id}, 512), ${Math.ceil(length / 128)}), ${length}), ${id})`,
        );
      }
      const small = fitting.length;
      // Thousands of rows that lie over the ends of reads, header and all.
      await session.run(
        `INSERT INTO t SELECT ${small} + a.n * 1000 + b.n, REPEAT(CHAR(65 + (a.n + b.n) % 26), (a.n * 37 + b.n) % 400), b.n
           FROM (${numbers(20)}) a, (${numbers(1_000)}) b`,
      );
      const summed = await session.rows('SELECT id, SHA2(body, 256), small FROM t ORDER BY id');
      const wanted = summed.map((row) => row.map(String).join(' '));
      const found: string[] = [];
      await session.packets('SELECT id, body, small FROM t ORDER BY id', (buffer, start, end) => {
        const [id, body, last] = decodeRow(buffer, start, end);
        found.push(
          `${id} ${createHash('sha256')
            .update(body ?? '')
            .digest('hex')} ${last}`,
        );
      });
      expect(found).toEqual(wanted);
      expect(summed.map((row) => row.map(String).join(' '))).toEqual(wanted);
    } finally {
      session.close();
    }
  });

  it('end with an error amid the rows: what the session reads next may be kept', async () => {
    await using database = await lane.createDatabase('a');
    const session = await Session.open({ endpoint: database, lockWaitSeconds: 5 });
    try {
      let rows = 0;
      await session.run('CREATE TABLE t (id INT PRIMARY KEY)');
      await session.run(`INSERT INTO t ${numbers(3_000)}`);
      const two = '(SELECT two.n FROM (SELECT -1 AS n UNION SELECT -2) AS two WHERE two.n <> t.id)';
      const failing = `SELECT id, REPEAT('x', 100), IF(id = 2900, ${two}, 1) FROM t ORDER BY id`;
      await expect(
        session.packets(failing, () => {
          rows += 1;
        }),
      ).rejects.toMatchObject({ errno: 1242 });
      expect(rows).toBeGreaterThan(100);
      const kept = await session.rows("SELECT REPEAT('a', 30000), REPEAT('b', 30000)");
      await session.rows("SELECT REPEAT('c', 30000), REPEAT('d', 30000)");
      expect(kept.map((row) => row.map(String))).toEqual([['a'.repeat(30_000), 'b'.repeat(30_000)]]);
    } finally {
      session.close();
    }
  });
});

/** SQL of a table of the numbers 0 to `count` - 1; of at most 10,000. */
function numbers(count: number): string {
  const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ');
  const n = 'w.d + 10 * x.d + 100 * y.d + 1000 * z.d';
  return `SELECT ${n} AS n FROM (${digits}) w, (${digits}) x, (${digits}) y, (${digits}) z WHERE ${n} < ${count}`;
}
