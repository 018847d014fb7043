import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const family = [
  'CREATE TABLE p (id INT PRIMARY KEY)',
  `CREATE TABLE c (id INT PRIMARY KEY, p_id INT NOT NULL, v VARCHAR(40) NOT NULL DEFAULT '',
     CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE)`,
];
const schema = ['CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40) NOT NULL)'];
/** The transaction is open all the while. */
const timeout = 30_000;

describeEachEngine('beside a client’s open transaction', (lane) => {
  for (const capture of ['triggers', 'binlog'] as const) {
    it.each([1, 3, 10, 40, 400])(`%i changes of others are carried over (${capture})`, async (changes) => {
      await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'], capture });
      const { source, target } = fixture;
      await source.query('INSERT INTO t VALUES ?', [
        Array.from({ length: changes + 1 }, (_, n) => [n, 'was']),
      ]);
      const move = await fixture.open();
      await move.installCapture();
      await move.copy();
      const open = await fixture.connect('source');
      await open.query('START TRANSACTION');
      await open.query("UPDATE t SET v = 'not committed' WHERE id = 0");
      // Row by row: a range, or a scan, would wait for the open transaction itself.
      const others = Array.from({ length: changes }, (_, n) => [n + 1, 'is']);
      await source.query("INSERT INTO t VALUES ? ON DUPLICATE KEY UPDATE v = 'is'", [others]);
      const applier = move.startApplying();
      const there = async () => {
        const [rows] = await target.query("SELECT COUNT(*) AS n FROM t WHERE v = 'is'");
        return (rows as { n: number }[])[0]?.n;
      };
      await expect.poll(there, { timeout }).toBe(changes);
      await expect.poll(async () => (await move.backlog()).entries, { timeout }).toBe(0);
      await open.query('COMMIT');
      await applier.drain({ deadlineMs: timeout });
      const [rows] = await target.query('SELECT v FROM t WHERE id = 0');
      expect(rows).toEqual([{ v: 'not committed' }]);
    });
  }

  it.each([1, 3, 10, 100])(
    'another may delete a parent with %i children: it locks no child of other parents',
    async (children) => {
      await using fixture = await MoveFixture.create(lane, {
        schema: family,
        tables: ['p', 'c'],
        capture: 'triggers',
      });
      const { source } = fixture;
      await source.query('INSERT INTO p VALUES (1), (2), (3), (4)');
      const rows = Array.from({ length: children }, (_, n) => [n * 4, 1]);
      await source.query('INSERT INTO c (id, p_id) VALUES ?', [[...rows, [1, 2], [5, 3], [1_001, 4]]]);
      const open = await fixture.connect('source');
      await source.query('SET SESSION innodb_lock_wait_timeout = 2');
      const del = async () => {
        await open.query('START TRANSACTION');
        await open.query("UPDATE c SET v = 'open' WHERE id IN (1, 1001)");
        await source.query('START TRANSACTION');
        await source.query('DELETE FROM p WHERE id = 1');
        await open.query("INSERT INTO c VALUES (2001, 4, '')");
        await source.query('ROLLBACK');
        await open.query('ROLLBACK');
      };
      await del();
      const move = await fixture.open();
      await move.installCapture();
      await del();
    },
  );
});
