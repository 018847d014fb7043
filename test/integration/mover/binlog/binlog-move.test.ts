import type { RowDataPacket } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { clearSide, inspectMove } from '../../../../mover/index.ts';
import { administer } from '../../../support/accounts.ts';
import { describeEachEngine } from '../../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../../support/move-fixture.ts';

const fenceNow = { lockTimeoutMs: 15_000 };
const table = {
  schema: ['CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40), u INT UNIQUE)'],
  tables: ['t'],
  capture: 'binlog',
} as const;

/** Rows 1 to `count`, in one statement. */
function rows(count: number): string {
  return `INSERT INTO t VALUES ${Array.from({ length: count }, (_, index) => `(${index + 1}, 'v', ${index + 1})`).join(', ')}`;
}

describeEachEngine('a move with capture from the binary log', (lane) => {
  it('copies, applies and drains under writes; nothing stands on the tables, and nothing is left', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    await fixture.source.query(rows(200));
    const move = await fixture.open({ tuning: { chunkRowsAtFirst: 40, chunkRowsMax: 40 } });
    await move.fence('target', fenceNow);
    await move.installCapture();
    const [triggers] = await fixture.source.query('SHOW TRIGGERS');
    expect(triggers).toEqual([]);
    const applier = move.startApplying();
    let writes = true;
    const writing = (async () => {
      for (let n = 0; writes; n += 1) {
        await fixture.source.query('UPDATE t SET v = ? WHERE id = ?', [`w${n}`, 1 + (n % 200)]);
        await fixture.source.query('DELETE FROM t WHERE id = ?', [1 + ((n * 7) % 200)]);
        await fixture.source.query('INSERT INTO t VALUES (?, ?, ?)', [1_000 + n, `n${n}`, 1_000 + n]);
      }
    })();
    await move.copy();
    expect(await move.verify()).toMatchObject({ different: 0 });
    writes = false;
    await writing;
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 20_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    // An idle source has no lag.
    expect(await move.backlog()).toEqual({ entries: 0, oldestMs: 0 });
    await applier.stop();
    expect(await move.captureState()).toBe('complete');
    await move.dropCapture();
    expect(await move.captureState()).toBe('none');
  });

  it.each(['binlog', 'triggers'] as const)(
    'rows whose keys go by their numbers: ENUM, SET, BIT and FLOAT, with capture by %s',
    async (capture) => {
      await using fixture = await MoveFixture.create(lane, {
        schema: [
          `CREATE TABLE t (e ENUM('zeta', 'alpha', 'mu') NOT NULL, s SET('x', 'y', 'z') NOT NULL, b BIT(40) NOT NULL, f FLOAT NOT NULL,
           v VARCHAR(20), PRIMARY KEY (e, s, b, f))`,
          "CREATE TABLE one (e ENUM('b', 'a', '') NOT NULL PRIMARY KEY, v INT)",
          'CREATE TABLE two (f FLOAT NOT NULL PRIMARY KEY, v INT)',
          'CREATE TABLE bits (b BIT(64) NOT NULL PRIMARY KEY, v INT)',
        ],
        tables: ['t', 'one', 'two', 'bits'],
        capture,
      });
      const { source } = fixture;
      const floats = ['0.1', '123456.789', '16777216', '-1e-20', '3.4e38', '0'];
      const rows = ['zeta', 'alpha', 'mu'].flatMap((e) =>
        ['', 'x', 'x,z', 'x,y,z'].flatMap((s) =>
          ["b'0'", "b'101'", `x'FFFFFFFFFF'`].flatMap((b) =>
            floats.map((f) => `('${e}', '${s}', ${b}, ${f}, 'first')`),
          ),
        ),
      );
      await source.query(`INSERT INTO t VALUES ${rows.join(', ')}`);
      await source.query("INSERT INTO one VALUES ('b', 1), ('a', 1), ('', 1)");
      await source.query(`INSERT INTO two VALUES ${floats.map((f) => `(${f}, 1)`).join(', ')}`);
      await source.query(
        "INSERT INTO bits VALUES (b'0', 1), (x'FFFFFFFFFFFFFFFF', 1), (x'8000000000000000', 1), (x'FFFFFFFFFFFFFFFE', 1)",
      );
      const { faults } = await inspectMove(fixture.spec);
      expect(faults).toEqual([]);
      const tuning = { chunkRowsAtFirst: 20, chunkRowsMax: 20, verifyChunkRows: 25, applyBatchEntries: 7 };
      const move = await fixture.open({ tuning });
      await move.fence('target', fenceNow);
      await move.installCapture();
      const applier = move.startApplying();
      await source.query("UPDATE t SET v = 'second' WHERE e = 'mu' AND f < 1");
      await move.copy();
      await source.query("DELETE FROM t WHERE e = 'alpha' AND FIND_IN_SET('z', s)");
      await source.query("UPDATE t SET e = 'alpha', v = 'moved' WHERE e = 'zeta' AND FIND_IN_SET('z', s)");
      await source.query("UPDATE t SET v = 'third' WHERE b = 1099511627775");
      await source.query('UPDATE one SET v = 2');
      await source.query('UPDATE two SET v = 2 WHERE f > 1');
      await source.query('DELETE FROM bits WHERE b = 18446744073709551615');
      await source.query('UPDATE bits SET v = 2 WHERE b = 18446744073709551614');
      await applier.drain({ deadlineMs: 30_000 });
      for (const [name, order] of [
        ['t', 'e, s, b, f'],
        ['one', 'e'],
        ['two', 'f'],
        ['bits', 'b'],
      ] as const) {
        const { source: here, target: there } = await fixture.bothSides(name, order);
        expect(there).toEqual(here);
      }
      expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
      // Behind the mover's back: it is found by its key and made equal.
      await fixture.target.query(
        `SET @banyan_token = (SELECT token FROM \`${fixture.spec.bookkeepingSchema}\`.fence_keys WHERE database_name = DATABASE())`,
      );
      await fixture.target.query("DELETE FROM t WHERE e = 'mu' AND f = 0");
      await fixture.target.query('UPDATE bits SET v = 9 WHERE b = 9223372036854775808');
      const found = (await move.verify()).different;
      expect(found).toBe(13);
      expect((await move.repair()).different).toBe(13);
      await applier.drain({ deadlineMs: 30_000 });
      expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
    },
  );

  it('what was committed on the target and not yet saved as applied is applied again after a crash', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    await fixture.source.query(rows(3));
    const points = new TestPoints();
    const first = await fixture.open({ points });
    await first.installCapture();
    const applier = first.startApplying();
    await first.copy();
    const committed = Promise.withResolvers<void>();
    points.once('apply:after-commit', async () => {
      committed.resolve();
      throw new Error('killed');
    });
    await fixture.source.query("UPDATE t SET v = 'carried over' WHERE id = 1");
    await committed.promise;
    await applier.failed;
    await first.close();
    await fixture.source.query("UPDATE t SET v = 'while nobody read' WHERE id = 2");
    await fixture.source.query('DELETE FROM t WHERE id = 3');

    const second = await fixture.open();
    const again = second.startApplying();
    await second.fence('source', fenceNow);
    await again.drain({ deadlineMs: 20_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
    expect(source).toHaveLength(2);
  });

  it('the saved position does not pass a change that is not on the target', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    await fixture.source.query(rows(2));
    const points = new TestPoints();
    const first = await fixture.open({ points });
    await first.installCapture();
    const applier = first.startApplying();
    await first.copy();
    // A batch hangs while the log goes on and positions are saved.
    const taken = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    points.once('apply:after-read', async () => {
      taken.resolve();
      await go.promise;
      throw new Error('killed');
    });
    await fixture.source.query("UPDATE t SET v = 'not there yet' WHERE id = 1");
    await taken.promise;
    const saves = () => points.reached.filter((point) => point === 'binlog:saving-position').length;
    // The same key again, in an entry of its own: only the first is in the batch.
    await fixture.source.query("UPDATE t SET v = 'nor this' WHERE id = 1");
    await fixture.source.query('CREATE TABLE later (id INT)');
    const before = saves();
    await expect.poll(saves, { timeout: 10_000 }).toBeGreaterThan(before);
    go.resolve();
    await applier.failed;
    await first.close();

    const second = await fixture.open();
    const again = second.startApplying();
    await second.fence('source', fenceNow);
    await again.drain({ deadlineMs: 20_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });

  it('rows of a prepared XA transaction keep nobody waiting, are carried over when it commits, and not before a drain', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    await fixture.source.query(rows(3));
    const move = await fixture.open();
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    const other = await fixture.connect('source');
    await other.query("XA START 'x'");
    await other.query("UPDATE t SET v = 'prepared' WHERE id = 1");
    await other.query("XA END 'x'");
    await other.query("XA PREPARE 'x'");
    await fixture.source.query("UPDATE t SET v = 'goes on' WHERE id = 2");
    const value = async (id: number) => {
      const [found] = await fixture.target.query('SELECT v FROM t WHERE id = ?', [id]);
      return (found as { v: string }[])[0]?.v;
    };
    await expect.poll(() => value(2), { timeout: 10_000 }).toBe('goes on');
    await expect(applier.drain({ deadlineMs: 500 })).rejects.toMatchObject({ code: 'BANYAN_DRAIN_TIMEOUT' });
    await other.query("XA COMMIT 'x'");
    await expect.poll(() => value(1), { timeout: 10_000 }).toBe('prepared');
    await applier.drain({ deadlineMs: 20_000 });
    await applier.stop();

    // Committed, read and not applied when the process ends: its rows lie in the log where it was prepared.
    await other.query("XA START 'z'");
    await other.query("UPDATE t SET v = 'prepared before' WHERE id = 3");
    await other.query("XA END 'z'");
    await other.query("XA PREPARE 'z'");
    await fixture.source.query("UPDATE t SET v = 'between' WHERE id = 2");
    await other.query("XA COMMIT 'z'");
    await expect.poll(async () => (await move.backlog()).entries, { timeout: 10_000 }).toBe(2);
    // Each beat comes after the position was saved, which may have happened before the first of these.
    const beats = new Set<string>();
    const beat = async () => {
      const [[row]] = await fixture.source.query<RowDataPacket[]>('SELECT beat FROM ??.mover_beats', [
        fixture.spec.bookkeepingSchema,
      ]);
      return beats.add(row?.beat).size;
    };
    await expect.poll(beat, { timeout: 10_000 }).toBe(3);
    await move.close();
    const next = await fixture.open();
    await next.startApplying().drain({ deadlineMs: 20_000 });
    expect([await value(2), await value(3)]).toEqual(['between', 'prepared before']);
  });

  it('is not installed while an XA transaction is prepared: its rows may be in the log before it', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    const other = await fixture.connect('source');
    await other.query("XA START 'y'");
    await other.query("INSERT INTO t VALUES (1, 'prepared', 1)");
    await other.query("XA END 'y'");
    await other.query("XA PREPARE 'y'");
    const move = await fixture.open();
    try {
      await expect(move.installCapture()).rejects.toMatchObject({ code: 'BANYAN_XA_PREPARED' });
    } finally {
      await other.query("XA ROLLBACK 'y'");
    }
    expect(await move.captureState()).toBe('none');
    await move.installCapture();
  });

  it('is broken without the tables of its marks, and gone when its side was cleared', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    const { spec } = fixture;
    const move = await fixture.open();
    await move.installCapture();
    const [logs] = await fixture.source.query<RowDataPacket[]>('SHOW TABLES FROM ?? LIKE ?', [
      spec.bookkeepingSchema,
      'mover_log_%',
    ]);
    await administer(lane.servers.a, [
      `DROP TABLE ${spec.bookkeepingSchema}.${Object.values(logs[0] ?? {})[0]}`,
    ]);
    expect(await move.captureState()).toBe('broken');
    await move.dropCapture();
    await move.installCapture();
    expect(await move.captureState()).toBe('complete');
    await move.close();
    await clearSide(spec, 'source', { patienceMs: 10_000, signal: AbortSignal.timeout(20_000) });
    expect(await (await fixture.open()).captureState()).toBe('none');
  });

  it('stops at a statement that was logged without its rows; only a copy heals that', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    await fixture.source.query(rows(3));
    const move = await fixture.open();
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await administer(lane.servers.a, [
      `USE ${fixture.spec.source.database}`,
      "SET SESSION binlog_format = 'STATEMENT'",
      "/* from a batch job */ UPDATE t SET v = 'unseen' WHERE id = 1",
    ]);
    expect(await applier.failed).toMatchObject({ code: 'BANYAN_BINLOG_STATEMENT' });
    await expect.poll(() => move.captureState(), { timeout: 10_000 }).toBe('broken');
    await move.close();

    const again = await fixture.open();
    expect(await again.captureState()).toBe('broken');
    await again.dropCapture();
    await again.installCapture();
    const applies = again.startApplying();
    await again.copy();
    await again.fence('source', fenceNow);
    await applies.drain({ deadlineMs: 20_000 });
    const { source, target } = await fixture.bothSides('t');
    expect(target).toEqual(source);
  });

  it('sees a TRUNCATE in the log, with rows written before and after it', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    await fixture.source.query(rows(3));
    // Only the log can tell: the tables are not looked at meanwhile.
    const move = await fixture.open({ tuning: { fingerprintEveryMs: 3_600_000 } });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await fixture.source.query('TRUNCATE TABLE t');
    await fixture.source.query(rows(1));
    expect(await applier.failed).toMatchObject({ code: 'BANYAN_SCHEMA_CHANGED' });
    await expect.poll(() => move.captureState(), { timeout: 10_000 }).toBe('broken');
  });

  it.runIf(lane.engine === 'mysql')('carries a web of cascades', async () => {
    const own = (name: string, keys: string) =>
      `CREATE TABLE ${name} (id INT PRIMARY KEY, same INT NULL, ${keys} FOREIGN KEY (same) REFERENCES ${name} (id) ON DELETE CASCADE)`;
    const parent = (column: string, table: string) =>
      `${column} INT NULL, FOREIGN KEY (${column}) REFERENCES ${table} (id) ON DELETE CASCADE,`;
    const schema = [
      own('hosts', ''),
      own('items', `${parent('host', 'hosts')}${parent('main', 'items')}`),
      own('rules', `${parent('item', 'items')}${parent('host', 'hosts')}`),
      own('notes', `${parent('rule', 'rules')}${parent('item', 'items')}${parent('host', 'hosts')}`),
    ];
    const tables = ['hosts', 'items', 'rules', 'notes'];
    await using fixture = await MoveFixture.create(lane, { schema, tables, capture: 'binlog' });
    const { source } = fixture;
    await source.query('INSERT INTO hosts VALUES (1, NULL), (2, 1), (3, 2), (4, NULL)');
    await source.query(
      'INSERT INTO items VALUES (1, NULL, 3, NULL), (2, 1, 4, NULL), (3, NULL, 4, 2), (4, NULL, 4, NULL)',
    );
    await source.query('INSERT INTO rules VALUES (1, NULL, 3, 4), (2, 1, NULL, 4), (3, NULL, 4, 4)');
    await source.query(
      'INSERT INTO notes VALUES (1, NULL, 2, NULL, 4), (2, NULL, NULL, 4, 4), (3, 1, NULL, NULL, 4)',
    );
    expect((await inspectMove(fixture.spec)).faults).toEqual([]);
    const move = await fixture.open();
    await move.fence('target', fenceNow);
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await source.query('DELETE FROM hosts WHERE id = 1');
    const [left] = await source.query<RowDataPacket[]>('SELECT id FROM notes');
    expect(left.map(({ id }) => id)).toEqual([2]);
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 20_000 });
    for (const table of tables) {
      const { source: here, target: there } = await fixture.bothSides(table);
      expect(there).toEqual(here);
    }
  });

  it('holds no more keys than it may, whatever a transaction changes', async () => {
    await using fixture = await MoveFixture.create(lane, table);
    const move = await fixture.open({ tuning: { binlogKeysMax: 500 } });
    await move.installCapture();
    await fixture.source.query(rows(6_000));
    await expect.poll(async () => (await move.backlog()).entries, { timeout: 20_000 }).toBeGreaterThan(0);
    const applier = move.startApplying();
    let most = 0;
    const looking = setInterval(async () => {
      most = Math.max(most, (await move.backlog().catch(() => ({ entries: 0 }))).entries);
    }, 5);
    await move.copy();
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 60_000 });
    clearInterval(looking);
    // One event more than the limit: servers put some 8 kB of rows into each.
    expect(most).toBeLessThan(2_000);
    expect(await move.verify()).toMatchObject({ different: 0, rowsCompared: 6_000 });
  });
});
