import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { endMove } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

describeEachEngine('deferred indexes', (lane) => {
  it('are written down, dropped before the first row and made after the last, wherever the copy dies', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        'CREATE TABLE p (id INT PRIMARY KEY, n INT, KEY by_n (n))',
        `CREATE TABLE t (
           id INT PRIMARY KEY, p INT, a VARCHAR(40) NOT NULL, b INT UNIQUE, c INT NOT NULL AUTO_INCREMENT, d TEXT,
           KEY by_c (c), KEY by_a (a(10), b), KEY by_d (d(20)), CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id))`,
      ],
      tables: ['p', 't'],
    });
    const { source, target } = fixture;
    const spec = { ...fixture.spec, deferIndexes: true };
    const indexes = async () => {
      const [rows] = await target.query<mysql.RowDataPacket[]>(
        `SELECT TABLE_NAME AS t, INDEX_NAME AS name, COLUMN_NAME AS c, SUB_PART AS part FROM information_schema.STATISTICS
          WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
      );
      return rows.map((row) => Object.values(row).join(' '));
    };
    const plain = (all: readonly string[]) => all.filter((one) => /by_[and]/.test(one));
    const whole = await indexes();
    await source.query('INSERT INTO p VALUES (1, 1), (2, 2)');
    await source.query(
      "INSERT INTO t (id, p, a, b, d) VALUES (1, 1, 'a', 1, 'x'), (2, 2, 'b', 2, 'y'), (3, NULL, 'c', 3, 'z')",
    );

    const during: string[][] = [];
    const dieOnce = (name: string) => {
      const points = new TestPoints();
      points.at('copy:after-read', async () => void during.push(plain(await indexes())));
      return points.once(name, () => {
        throw new Error(`died at ${name}`);
      });
    };
    const begin = async (points: TestPoints) => {
      const move = await fixture.open({ spec, points });
      await move.fence('target', { lockTimeoutMs: 15_000 });
      await move.installCapture();
      move.startApplying();
      return move;
    };
    // Given up half-way, they are there again; so they are when the copy is taken away whole.
    const recorded = await begin(dieOnce('indexes:dropped'));
    await expect(recorded.copy()).rejects.toThrow('died at indexes:dropped');
    expect(plain(await indexes()).length).toBeLessThan(plain(whole).length);
    await recorded.restoreIndexes();
    expect(await indexes()).toEqual(whole);
    await expect((await begin(dieOnce('indexes:dropped'))).copy()).rejects.toThrow('died');
    const logger = { info() {}, warn() {} };
    await endMove(spec, 'clean', { logger, patienceMs: 15_000, signal: new AbortController().signal });
    expect(await indexes()).toEqual(whole);

    for (const point of ['indexes:recorded', 'indexes:dropped', 'copy:after-write', 'indexes:made']) {
      const died = await begin(dieOnce(point));
      await expect(died.copy()).rejects.toThrow(`died at ${point}`);
      await died.close();
    }
    const move = await begin(new TestPoints());
    await move.copy();
    expect(await indexes()).toEqual(whole);
    expect(during.length).toBeGreaterThan(0);
    expect(during.flat()).toEqual([]);
    await source.query('UPDATE t SET b = b + 10');
    const { different, unsettled } = await move.verify();
    expect({ different, unsettled }).toEqual({ different: 0, unsettled: 0 });
    await move.checkTarget();
  });

  it('are left for later too where the applier was there before the copy', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: ['CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY by_a (a))'],
      tables: ['t'],
    });
    const { source, target } = fixture;
    await source.query('INSERT INTO t VALUES (1, 1), (2, 2)');
    const points = new TestPoints();
    const dropped: unknown[] = [];
    points.at('indexes:dropped', ({ table }) => void dropped.push(table));
    const move = await fixture.open({ spec: { ...fixture.spec, deferIndexes: true }, points });
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    const applier = move.startApplying();
    await source.query('UPDATE t SET a = 7 WHERE id = 2');
    await expect
      .poll(async () => (await target.query<mysql.RowDataPacket[]>('SELECT * FROM t'))[0].length)
      .toBe(1);
    await move.copy();
    expect(dropped).toEqual(['t']);
    const [[made]] = await target.query<mysql.RowDataPacket[]>('SHOW CREATE TABLE t');
    expect(Object.values(made!)[1]).toContain('KEY `by_a`');
    await move.fence('source', { lockTimeoutMs: 15_000 });
    await applier.drain({ deadlineMs: 15_000 });
    expect((await move.verify()).different).toBe(0);
  });

  it('of large tables are the last ones, so that SHOW CREATE TABLE is as before, and those of small ones stay', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        'CREATE TABLE p (id INT PRIMARY KEY, n INT, KEY by_n (n))',
        `CREATE TABLE t (
           id INT PRIMARY KEY, p INT, a VARCHAR(40) NOT NULL, b INT UNIQUE, c INT NOT NULL, d TEXT,
           KEY first (c), KEY of_p (p), KEY zz (a), KEY mm (c, a), FULLTEXT KEY words (d), KEY aa (d(20)),
           CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id))`,
      ],
      tables: ['p', 't'],
    });
    const { source, target } = fixture;
    const spec = { ...fixture.spec, deferIndexes: 'large' } as const;
    const shown = async (table: string) => {
      const [rows] = await target.query<mysql.RowDataPacket[]>(`SHOW CREATE TABLE ${table}`);
      return String(rows[0]?.['Create Table']);
    };
    const whole = await shown('t');
    await source.query('INSERT INTO p VALUES (1, 1), (2, 2)');
    const rows = Array.from({ length: 500 }, (_, id) => [id + 1, 1 + (id % 2), `a${id}`, id, id, `d ${id}`]);
    await source.query('INSERT INTO t (id, p, a, b, c, d) VALUES ?', [rows]);
    await source.query('ANALYZE TABLE p, t');

    const during = new Map<string, Set<string>>();
    const points = new TestPoints();
    points.at('copy:after-read', async () => {
      for (const table of ['p', 't']) {
        const keys = [...(await shown(table)).matchAll(/KEY `(\w+)`/g)].map(([, name]) => name ?? '');
        during.set(table, new Set([...(during.get(table) ?? []), ...keys]));
      }
    });
    const move = await fixture.open({ spec, points, tuning: { deferIndexesRows: 100 } });
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    move.startApplying();
    await move.copy();
    expect([...(during.get('p') ?? [])]).toEqual(['by_n']);
    expect([...(during.get('t') ?? [])].sort()).toEqual(['b', 'first', 'of_p', 'words']);
    expect(await shown('t')).toBe(whole);
    expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
  });
});
