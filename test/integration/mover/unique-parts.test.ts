import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

/** A unique index over less than whole columns, and two values that collide with another row's in it, though they are not its own. */
interface Case {
  readonly what: string;
  readonly columns: string;
  readonly values: readonly [one: string, other: string];
  /** What takes the place of the first, and of the second. */
  readonly like: readonly [one: string, other: string];
  readonly mysqlOnly?: true;
}
const cases: readonly Case[] = [
  {
    what: 'the beginning of a text',
    columns: 'v TEXT, UNIQUE KEY u (v(4))',
    values: ["'Äpfel'", "'Birnen'"],
    like: ["'apfe, and more'", "'BIRN'"],
  },
  {
    what: 'the beginning of bytes, beside a whole column',
    columns: 'n INT NOT NULL DEFAULT 1, v BLOB, UNIQUE KEY u (n, v(2))',
    values: ["x'00ff01'", "x'00fe01'"],
    like: ["x'00ff'", "x'00fe02'"],
  },
  {
    what: 'text that is computed',
    columns: 'v VARCHAR(40), gone INT NULL, UNIQUE KEY u ((CASE WHEN gone IS NULL THEN LOWER(v) END))',
    values: ["'it''s A'", "'강 B'"],
    like: ["'IT''S a'", "'강 b'"],
    mysqlOnly: true,
  },
  {
    what: 'numbers out of JSON, beside a column',
    columns: "n INT NOT NULL DEFAULT 1, v JSON, UNIQUE KEY u (n, (CAST(v->>'$.no' AS UNSIGNED)))",
    values: [`'{"no": 18446744073709551615}'`, `'{"no": 7}'`],
    like: [`'{"no": "18446744073709551615"}'`, `'{"no": "7"}'`],
    mysqlOnly: true,
  },
  {
    what: 'bytes that are computed',
    columns: "v VARCHAR(40), UNIQUE KEY u ((UNHEX(SHA2(CONCAT(TRIM(v), 'it''s'), 256))))",
    values: ["'a'", "'b'"],
    like: ["' a'", "'b '"],
    mysqlOnly: true,
  },
];

describeEachEngine('a unique index over less than whole columns', (lane) => {
  it.each(cases.filter(({ mysqlOnly }) => mysqlOnly === undefined || lane.engine === 'mysql'))(
    'over $what: rows that take each other’s place arrive, by the applier and by the copy, and come back',
    async ({ columns, values: [one, other], like: [likeOne, likeOther] }) => {
      await using fixture = await MoveFixture.create(lane, {
        schema: [
          `CREATE TABLE t (id INT PRIMARY KEY, ${columns}) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
        ],
        tables: ['t'],
      });
      const { source } = fixture;
      await source.query(`INSERT INTO t (id, v) VALUES (1, ${one}), (2, ${other}), (9, NULL)`);
      // One key at a time: the row in the way is never in the same batch by chance.
      const points = new TestPoints();
      const tuning = {
        chunkRowsAtFirst: 1,
        chunkRowsMax: 1,
        copyWorkers: 1,
        applyWorkers: 1,
        applyBatchEntries: 1,
      };
      const move = await fixture.open({ points, tuning });
      await move.fence('target', { lockTimeoutMs: 15_000 });
      await move.installCapture();
      // After the first row has landed its value goes to a row that is still to be copied.
      points.once('copy:range-cleared', async () => {
        await source.query('UPDATE t SET v = NULL WHERE id = 1');
        await source.query(`UPDATE t SET v = ${likeOne} WHERE id = 2`);
      });
      await move.copy();
      const applier = move.startApplying();
      await applier.drain({ deadlineMs: 20_000 });
      await applier.stop();
      await source.query(`UPDATE t SET v = ${other} WHERE id = 1`);
      await source.query('UPDATE t SET v = NULL WHERE id = 2');
      const again = move.startApplying();
      await again.drain({ deadlineMs: 20_000 });
      await again.stop();
      // While nobody applies, both change their values, which meet in the index alone.
      await source.query('UPDATE t SET v = NULL WHERE id = 1');
      await source.query(`UPDATE t SET v = ${likeOther} WHERE id = 9`);
      await source.query(`UPDATE t SET v = ${one} WHERE id = 2`);
      await source.query('UPDATE t SET v = NULL WHERE id = 9');
      await source.query(`UPDATE t SET v = ${likeOther} WHERE id = 2`);
      await source.query(`UPDATE t SET v = ${likeOne} WHERE id = 1`);
      const last = move.startApplying();
      await move.fence('source', { lockTimeoutMs: 15_000 });
      await last.drain({ deadlineMs: 20_000 });
      expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0, rowsCompared: 3 });
      const { source: here, target: there } = await fixture.bothSides('t');
      expect(there).toEqual(here);
    },
  );

  it('is part of what may not change, its length and its expression too', async () => {
    const other = lane.engine === 'mysql' ? '(LOWER(v))' : 'v(5)';
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        `CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40), w VARCHAR(40), UNIQUE KEY u (v(4)), UNIQUE KEY x (${other})) CHARACTER SET utf8mb4`,
      ],
      tables: ['t'],
    });
    const move = await fixture.open();
    await move.installCapture();
    await move.checkFingerprint();
    const change = async (index: string, parts: string) => {
      await fixture.source.query(`DROP INDEX ${index} ON t`);
      await fixture.source.query(`CREATE UNIQUE INDEX ${index} ON t (${parts})`);
    };
    await change('u', 'v(3)');
    await expect(move.checkFingerprint()).rejects.toMatchObject({ code: 'BANYAN_SCHEMA_CHANGED' });
    await change('u', 'v(4)');
    await move.checkFingerprint();
    await change('x', lane.engine === 'mysql' ? '(UPPER(v))' : 'w(5)');
    await expect(move.checkFingerprint()).rejects.toMatchObject({ code: 'BANYAN_SCHEMA_CHANGED' });
  });
});
