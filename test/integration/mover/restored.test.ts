import type { Connection } from 'mysql2/promise';
import { expect, it } from 'vitest';
import type { Applier, Move } from '../../../mover/index.ts';
import { describeEachEngine, laneOf } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';
import { RestorableServer } from '../../support/restorable-server.ts';

const schema = [
  `CREATE TABLE t (id INT NOT NULL PRIMARY KEY AUTO_INCREMENT, code VARCHAR(20) NOT NULL, body VARCHAR(20) NOT NULL,
     UNIQUE KEY code (code)) ENGINE = InnoDB`,
];
const lockTimeoutMs = 15_000;
/** Nothing is told by the beat alone: what is carried over must be enough. */
const tuning = { countEveryMs: 3_600_000, fingerprintEveryMs: 3_600_000 };

async function settled(applier: Applier): Promise<void> {
  await applier.drain({ deadlineMs: 30_000 });
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'passes',
    (error) => error.code,
  );
}

function run(connection: Connection, statements: readonly string[]): Promise<unknown> {
  return statements.reduce<Promise<unknown>>(
    (before, sql) => before.then(() => connection.query(sql)),
    Promise.resolve(),
  );
}

async function begin(
  fixture: MoveFixture,
  points = new TestPoints(),
): Promise<{ move: Move; applier: Applier }> {
  await fixture.source.query(
    `INSERT INTO t (code, body) VALUES ${Array.from({ length: 20 }, (_, at) => `('c${at + 1}', 'first')`).join(',')}`,
  );
  const move = await fixture.open({ tuning, points });
  await move.fence('target', { lockTimeoutMs });
  await move.installCapture();
  const applier = move.startApplying();
  await move.copy();
  await settled(applier);
  return { move, applier };
}

describeEachEngine('a server that was restored from an older backup', ({ engine, servers }) => {
  it('is told before anything of it lands; rows come back from the other side, or are carried over again', async () => {
    await using server = await RestorableServer.start(engine);
    const lane = laneOf(engine, { a: server.place, b: servers.b });
    await using owner = await MoveFixture.create(lane, { schema, tables: ['t'] });
    await using copy = await MoveFixture.create(laneOf(engine, servers), {
      ...{ schema, tables: ['t'] },
      targetLane: laneOf(engine, { a: server.place, b: server.place }),
    });
    const [one, two] = [await begin(owner), await begin(copy)];
    // The backup has a change that is not carried over yet.
    await one.applier.stop();
    await owner.source.query("UPDATE t SET body = 'old' WHERE id = 1");
    await one.move.close();
    await two.move.close();
    await server.backUp();

    const source = await owner.connect('source');
    const going = await owner.open({ tuning });
    const applier = going.startApplying();
    await settled(applier);
    await run(source, [
      "UPDATE t SET body = 'new' WHERE id IN (1, 3)",
      'DELETE FROM t WHERE id IN (2, 6)',
      "UPDATE t SET code = 'c2' WHERE id = 4",
      "INSERT INTO t (id, code, body) VALUES (100, 'c100', 'new'), (101, 'c6', 'new')",
    ]);
    await settled(applier);
    await going.close();
    const two2 = await copy.open({ tuning });
    const applier2 = two2.startApplying();
    await copy.source.query("UPDATE t SET body = 'new' WHERE id = 1");
    await settled(applier2);
    await two2.close();
    await server.restore();

    const after = await owner.connect('source');
    await run(after, [
      "INSERT INTO t (id, code, body) VALUES (50, 'c50', 'since')",
      "UPDATE t SET body = 'since' WHERE id = 3",
    ]);
    const back = await owner.open({ tuning });
    expect(await codeOf(back.startApplying().failed.then((error) => Promise.reject(error)))).toBe(
      'BANYAN_SOURCE_RESTORED',
    );
    const works = [back.verify(), back.repair(), back.guardTables(), back.copy(), back.checkRestored()];
    expect(new Set(await Promise.all(works.map(codeOf)))).toEqual(new Set(['BANYAN_SOURCE_RESTORED']));
    const [untouched] = await owner.target.query("SELECT id FROM t WHERE body = 'new' ORDER BY id");
    expect(untouched).toEqual([1, 3, 100, 101].map((id) => ({ id })));
    expect(await back.restored()).toMatchObject({ side: 'source', restoredTo: expect.any(Number) });

    const inverse = owner.reverse;
    const found = await back.takeBack({ inverse, dryRun: true });
    expect(found.tables).toMatchObject([{ missing: 2, extra: 2, changed: 2, kept: 2 }]);
    expect(found.tables[0]?.examples).toContainEqual({ key: { id: '50' }, kind: 'kept' });
    expect((await back.takeBack({ inverse })).tables).toMatchObject(found.tables);
    await back.acceptRestored('source');
    await settled(back.startApplying());
    const { source: here, target: there } = await readBoth(after, owner);
    expect(here).toEqual(there);
    const bodies = new Map(here.map(({ id, body }) => [id, body]));
    expect([1, 3, 50, 100, 101].map((id) => bodies.get(id))).toEqual(['new', 'since', 'since', 'new', 'new']);
    expect([bodies.has(2), bodies.has(6)]).toEqual([false, false]);

    // The side that does not own the rows: what the owner's log has forgotten is missing there.
    const healed = await copy.open({ tuning });
    expect(await codeOf(healed.verify())).toBe('BANYAN_TARGET_RESTORED');
    await copy.source.query("UPDATE t SET body = 'later' WHERE id = 5");
    expect(await codeOf(healed.startApplying().failed.then((error) => Promise.reject(error)))).toBe(
      'BANYAN_TARGET_RESTORED',
    );
    await healed.restartCopy();
    await healed.acceptRestored('target');
    const going2 = healed.startApplying();
    await healed.copy({ again: true });
    await settled(going2);
    expect((await healed.verify()).different).toBe(0);
  });

  it('is told where its schemas were put back under a mover that works', async () => {
    await using fixture = await MoveFixture.create(laneOf(engine, servers), { schema, tables: ['t'] });
    const counts = `\`${fixture.spec.bookkeepingSchema}\`.mover_counts`;
    const points = new TestPoints();
    const { applier } = await begin(fixture, points);
    // What the other side remembers is counted after the rows were read that it gets.
    const reader = await fixture.connect('source');
    const one = async (connection: Connection, column: string) => {
      const [[row]] = (await connection.query(`SELECT ${column} AS n FROM ${counts}`)) as unknown as [
        { n: number }[],
      ];
      return Number(row?.n);
    };
    let read = Number.POSITIVE_INFINITY;
    points.once('apply:after-read', async () => {
      read = await one(reader, 'own');
    });
    await fixture.source.query("UPDATE t SET body = 'second' WHERE id = 2");
    await settled(applier);
    expect(await one(fixture.target, 'seen')).toBeGreaterThan(read);
    const [[kept]] = (await fixture.source.query(`SELECT own, seen FROM ${counts}`)) as unknown as [
      { own: number; seen: number }[],
    ];
    await fixture.source.query("UPDATE t SET body = 'new' WHERE id = 1");
    await settled(applier);
    await fixture.source.query(`UPDATE ${counts} SET own = ?, seen = ?`, [kept?.own, kept?.seen]);
    await fixture.source.query("UPDATE t SET body = 'first' WHERE id = 1");
    expect(await applier.failed).toMatchObject({
      code: 'BANYAN_SOURCE_RESTORED',
      fix: expect.stringContaining('--from'),
    });
    const [rows] = await fixture.target.query('SELECT body FROM t WHERE id = 1');
    expect(rows).toEqual([{ body: 'new' }]);
  });
});

async function readBoth(source: Connection, fixture: MoveFixture) {
  const read = async (connection: Connection) =>
    (await connection.query('SELECT * FROM t ORDER BY id'))[0] as {
      id: number;
      code: string;
      body: string;
    }[];
  return { source: await read(source), target: await read(fixture.target) };
}
