import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { FeedBooks } from '../../../mover/feed/feed-books.ts';
import { endMove, planEnding } from '../../../mover/index.ts';
import { Session } from '../../../mover/sql/session.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { type FeedMessage, FeedReader } from '../../support/feed-consumer.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const schema = [
  'CREATE TABLE t (id INT NOT NULL PRIMARY KEY, body VARCHAR(50) NOT NULL) DEFAULT CHARSET utf8mb4',
];
const fenceNow = { lockTimeoutMs: 15_000 };

const typed = `CREATE TABLE typed (
  name VARCHAR(20) CHARACTER SET euckr COLLATE euckr_korean_ci NOT NULL, no BIGINT UNSIGNED NOT NULL,
  small INT UNSIGNED ZEROFILL, big BIGINT, money DECIMAL(30,10), f FLOAT, d DOUBLE, bits BIT(60),
  old VARCHAR(20) CHARACTER SET latin1, e ENUM('a','b'), s SET('x','y'), raw VARBINARY(9), blobs LONGBLOB,
  day DATE, at DATETIME(3), stamp TIMESTAMP(6) NULL, dur TIME(1), y YEAR, j JSON, twice INT AS (small * 2) STORED,
  PRIMARY KEY (name, no)
) DEFAULT CHARSET utf8mb4`;

async function pairEndings(fixture: MoveFixture): Promise<string[]> {
  const names = async (connection: mysql.Connection) => {
    const [rows] = await connection.query<mysql.RowDataPacket[]>(
      'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
      [fixture.spec.bookkeepingSchema],
    );
    return rows.map(({ name }) => String(name)).filter((name) => name.includes('feed'));
  };
  return [...(await names(fixture.source)), ...(await names(fixture.target))];
}

describeEachEngine('the change feed', (lane) => {
  it('tells every type without a loss, one spelling of a key after the other, and asks nothing of a server where it is off', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [typed], tables: ['typed'], feed: true });
    const { feed: _, ...off } = fixture.spec;
    const plain = await fixture.open({ spec: off });
    await plain.installCapture();
    const applying = plain.startApplying();
    await fixture.source.query("INSERT INTO typed (name, no) VALUES ('zero', 0)");
    await plain.copy();
    await applying.drain({ deadlineMs: 30_000 });
    await plain.close();
    expect(await pairEndings(fixture)).toEqual([]);

    const move = await fixture.open();
    const applier = move.startApplying();
    const write = (sql: string) => fixture.source.query(sql);
    await write("SET time_zone = '+09:00', sql_mode = ''");
    await write(`INSERT INTO typed (name, no, small, big, money, f, d, bits, old, e, s, raw, blobs, day, at, stamp, dur, y, j)
      VALUES ('김a. *>', 18446744073709551615, 42, -9007199254740993, '-12345678901234567890.0123456789', 16777216, 0.1,
        b'111111111111111111111111111111111111111111111111111111111111', 'café€', 'b', 'x,y', x'00ff', x'fe', '0000-00-00',
        '2026-11-30 09:33:41.120', '2026-11-30 18:33:41.5', '-10:00:00.5', 2026, '{"a": 1.50}')`);
    await write("INSERT INTO typed (name, no) VALUES ('plain', 1)");
    await applier.drain({ deadlineMs: 30_000 });
    // The collation calls both spellings one key: no new key is noted.
    await write("UPDATE typed SET name = 'PLAIN', small = 7 WHERE no = 1");
    await applier.drain({ deadlineMs: 30_000 });
    await write("DELETE FROM typed WHERE name LIKE '김%'");
    await applier.drain({ deadlineMs: 30_000 });
    using reader = new FeedReader(fixture.spec);
    const subjects = (await reader.outlet.pending(100)).map(({ subject }) =>
      subject.replace(/^.*?\.typed\./, ''),
    );
    await reader.drain();
    const changes = reader.consumer.messages.filter(({ source }) => source.snapshot === 'false');
    const [plain1, korean] = [true, false].map((isPlain) =>
      changes.filter(({ key }) => (key?.no === 1) === isPlain),
    ) as [FeedMessage[], FeedMessage[]];
    const [whole, gone] = korean;
    expect(whole).toMatchObject({
      key: { name: '김a. *>', no: '18446744073709551615' },
      before: null,
      op: 'c',
      source: { side: 'legacy', db: fixture.spec.target.database, table: 'typed', snapshot: 'false' },
    });
    expect(whole?.after).toEqual({
      ...{ name: '김a. *>', no: '18446744073709551615', small: 42, big: '-9007199254740993' },
      ...{ money: '-12345678901234567890.0123456789', f: 16777216, d: 0.1, bits: '1152921504606846975' },
      ...{ old: 'café€', e: 'b', s: 'x,y', raw: 'AP8=', blobs: '/g==', day: '0000-00-00' },
      ...{
        at: '2026-11-30 09:33:41.120',
        stamp: '2026-11-30 09:33:41.500000',
        dur: '-10:00:00.5',
        y: '2026',
      },
      ...{ j: expect.stringMatching(/^\{"a": 1\.50?\}$/), twice: 84 },
    });
    expect(gone).toMatchObject({ key: whole?.key, op: 'd', after: null });
    expect(plain1.map(({ op, key, after }) => [op, key?.name, after?.small])).toEqual([
      ['c', 'plain', null],
      ['d', 'plain', undefined],
      ['c', 'PLAIN', 7],
    ]);
    expect(subjects).toContain('%EA%B9%80a%2E%20%2A%3E,18446744073709551615');
    expect(await move.feed()).toMatchObject({ waiting: 0, snapshots: [] });
  });

  it('a row of a snapshot never comes after a later change of it, in either direction and through a handover', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'], feed: true });
    await fixture.source.query("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')");
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.fence('target', fenceNow);
    await move.dropCapture();
    await move.installCapture();
    // The chunk is read; the rows change; the applier has every chance to carry the changes over before the chunk is written.
    const change = (connection: mysql.Connection, drain: () => Promise<void>) => async () => {
      await connection.query("UPDATE t SET body = 'changed' WHERE id = 1");
      await connection.query('DELETE FROM t WHERE id = 2');
      await expect(drain()).rejects.toMatchObject({ code: 'BANYAN_DRAIN_TIMEOUT' });
    };
    const applier = move.startApplying();
    points.once(
      'feed:after-read',
      change(fixture.source, () => applier.drain({ deadlineMs: 300 })),
    );
    await move.copy();
    using reader = new FeedReader(fixture.spec);
    await reader.snapshotsDone();
    await applier.drain({ deadlineMs: 30_000 });
    await reader.drain();
    const left = [
      { id: 1, body: 'changed' },
      { id: 3, body: 'three' },
    ];
    expect(reader.consumer.rows('t')).toEqual(left);
    const before = reader.consumer.messages.map(({ op }) => op).join('');
    expect(before).toMatch(/^mrrr(m(ud|du)|(ud|du)m)$/);

    // A chunk of this direction is read and not written when the rows change hands.
    const held = Promise.withResolvers<void>();
    const standing = Promise.withResolvers<void>();
    points.once('feed:after-read', async () => {
      standing.resolve();
      await held.promise;
    });
    await reader.outlet.askForSnapshot();
    await standing.promise;
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 30_000 });
    const behind = new TestPoints();
    const back = await fixture.open({ spec: fixture.reverse, points: behind });
    await back.renewCapture();
    await move.openFence('target');
    const home = back.startApplying();
    await fixture.target.query("UPDATE t SET body = 'of the service' WHERE id = 1");
    await expect.poll(() => back.backlog()).toMatchObject({ entries: 0 });
    held.resolve();
    await reader.snapshotsDone();
    behind.once(
      'feed:after-read',
      change(fixture.target, () => home.drain({ deadlineMs: 300 })),
    );
    await fixture.target.query("INSERT INTO t VALUES (2, 'again'), (4, 'new')");
    await home.drain({ deadlineMs: 30_000 });
    await reader.outlet.askForSnapshot();
    await reader.snapshotsDone();
    await home.drain({ deadlineMs: 30_000 });
    // In this direction watermarks come as well, on a server that had none.
    const since = Date.now();
    const known = () => reader.drain().then(async () => (await reader.watermark())?.until ?? 0);
    await expect.poll(known, { timeout: 30_000 }).toBeGreaterThan(since);
    const [rows] = await fixture.target.query('SELECT * FROM t ORDER BY id');
    expect(reader.consumer.rows('t').sort((one, other) => Number(one.id) - Number(other.id))).toEqual(rows);
    const sides = reader.consumer.messages.map(({ source }) => source.side);
    expect(sides.lastIndexOf('legacy')).toBeLessThan(sides.indexOf('service'));
    const epochs = reader.consumer.messages.map(({ source }) => source.epoch);
    expect(epochs).toEqual(epochs.toSorted((one, other) => one - other));
    await move.close();
    await back.close();

    // What nobody has sent is not dropped by a finish; an abandon leaves nothing.
    const signal = new AbortController().signal;
    const logger = { info() {}, warn() {} };
    expect((await planEnding(fixture.spec, 'clean')).notes).toMatchObject([{ code: 'BANYAN_FEED_ENDS' }]);
    await endMove(fixture.spec, 'clean', { signal, logger, patienceMs: 10_000 });
    expect(await pairEndings(fixture)).toEqual([]);
    await expect(reader.drain()).rejects.toMatchObject({ code: 'BANYAN_FEED_ENDED' });
  });

  it('a watermark never claims a change that was committed after its look, and counts no entry that is not committed', async () => {
    const other = schema[0]!.replace('TABLE t', 'TABLE other');
    await using fixture = await MoveFixture.create(lane, {
      ...{ schema: [...schema, other], tables: ['t', 'other'], feed: true },
    });
    const points = new TestPoints();
    const move = await fixture.open({ points });
    await move.fence('target', fenceNow);
    await move.dropCapture();
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    using reader = new FeedReader(fixture.spec);
    await reader.snapshotsDone();
    const known = async () => (await reader.watermark())?.until ?? 0;
    const since = async (time: number) => {
      const look = () => reader.drain().then(known);
      await expect.poll(look, { timeout: 30_000 }).toBeGreaterThan(time);
    };
    await reader.drain();
    // Of a side that stands idle it goes on.
    await since(Date.now());

    // Between the look and the watermark a change of each table is committed: one is carried over, the other one has its entry and no commit.
    const inHand = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    await using held = new AsyncDisposableStack();
    held.defer(() => go.resolve());
    points.at('apply:before-commit', async ({ table }) => {
      if (table !== 't') return;
      inHand.resolve();
      await go.promise;
    });
    const between = Promise.withResolvers<void>();
    let committedAt = 0;
    points.once('feed:watermark-looked', async () => {
      await fixture.source.query('START TRANSACTION');
      await fixture.source.query("INSERT INTO t VALUES (1, 'one')");
      await fixture.source.query("INSERT INTO other VALUES (2, 'two')");
      await fixture.source.query('COMMIT');
      committedAt = Date.now();
      await inHand.promise;
      await expect.poll(() => reader.outlet.pending(9)).toHaveLength(1);
      points.reached.length = 0;
      between.resolve();
    });
    await between.promise;
    await reader.drain();
    expect(reader.consumer.rows('t')).toEqual([]);
    // The watermark of this look would count more than the entry in hand.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(points.reached).not.toContain('feed:watermark-due');
    const [last, before] = [await reader.watermark(), reader.consumer.messages.at(-1)?.source];
    expect(before?.table).toBe('other');
    expect(last?.until).toBeLessThan(committedAt);
    expect(last?.seq).toBeLessThan(before?.seq ?? 0);
    go.resolve();
    await since(committedAt - 1);
    await reader.drain();
    expect(reader.consumer.rows('t')).toEqual([{ id: 1, body: 'one' }]);

    // It is sent when nothing waits up to it, and no later one comes where nobody applies.
    await fixture.source.query("INSERT INTO t VALUES (3, 'three')");
    await applier.drain({ deadlineMs: 30_000 });
    await expect.poll(() => reader.watermark(), { timeout: 15_000 }).toBe(null);
    await reader.drain();
    await applier.stop();
    const stopped = await known();
    expect(stopped).toBeGreaterThan(committedAt);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await known()).toBe(stopped);

    // What is carried over with the feed off is told, when it is on again, by a snapshot that nobody asks for; until then nothing is claimed.
    await move.close();
    const { feed: _, ...off } = fixture.spec;
    const silent = await fixture.open({ spec: off });
    const unheard = silent.startApplying();
    await fixture.source.query("UPDATE t SET body = 'untold' WHERE id = 1");
    await fixture.source.query('DELETE FROM other');
    await unheard.drain({ deadlineMs: 30_000 });
    expect(await reader.watermark()).toBe(null);
    await silent.close();
    const later = new TestPoints();
    const chunk = Promise.withResolvers<void>();
    held.defer(() => chunk.resolve());
    later.at('feed:after-read', () => chunk.promise);
    const again = await fixture.open({ points: later });
    again.startApplying();
    await expect.poll(() => later.reached).toContain('feed:after-read');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await known()).toBe(0);
    chunk.resolve();
    await reader.snapshotsDone();
    await reader.drain();
    expect(reader.consumer.rows('t')).toEqual([
      { id: 1, body: 'untold' },
      { id: 3, body: 'three' },
    ]);
    expect(reader.consumer.rows('other')).toEqual([]);
    await since(0);
    expect((await reader.outlet.snapshots()).map(({ done }) => done)).toEqual([true, true]);
  });

  it('an entry that is seen has all of smaller epochs before it, whichever side is looked at first', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'], feed: true });
    const placeOf = async (side: 'source' | 'target') => {
      const books = FeedBooks.of(fixture.spec, side);
      const session = await Session.open({ endpoint: fixture.spec[side], lockWaitSeconds: 5 });
      await books.ensureTables(session);
      session.close();
      return books.entries;
    };
    const [here, there] = [await placeOf('source'), await placeOf('target')];
    using reader = new FeedReader(fixture.spec);
    const entry = (place: string, epoch: number) =>
      `INSERT INTO ${place} (epoch, table_name, key_token, key_json, op, snapshot, read_at) VALUES (${epoch}, 't', '${epoch}', '{}', 'd', 'false', 1)`;
    // The look at the service's side is over when the smaller epoch comes there; the one at legacy's side still waits.
    await fixture.source.query(`LOCK TABLES ${here} WRITE`);
    const looking = reader.outlet.pending(10);
    await expect
      .poll(async () => {
        const [rows] = await fixture.source.query<mysql.RowDataPacket[]>('SHOW FULL PROCESSLIST');
        return rows.some(
          ({ Info, State }) => /sent_at IS NULL/.test(Info ?? '') && /lock/i.test(State ?? ''),
        );
      })
      .toBe(true);
    await fixture.target.query(entry(there, 1));
    await fixture.source.query(entry(here, 2));
    await fixture.source.query('UNLOCK TABLES');
    expect((await looking).map(({ id }) => id.split(':')[1])).toEqual(['1']);
  });
});
