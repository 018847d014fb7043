import fc from 'fast-check';
import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { targetTable } from '../../../mover/move-spec.ts';
import { describeEachEngine, type Engine, type EngineLane, engineLane } from '../../support/databases.ts';
import { FeedReader } from '../../support/feed-consumer.ts';
import { MoveFixture } from '../../support/move-fixture.ts';
import { keylessShapes, keylessTable } from '../../support/properties/keyless-table.ts';
import { killedMover, kills } from '../../support/properties/killed-mover.ts';
import { type MappedTable, mappedTable, shapes } from '../../support/properties/mapped-table.ts';
import { uniqueShapes, uniqueTable } from '../../support/properties/unique-table.ts';

/** More of them, from another seed, in `npm run soak -- properties`. */
const numRuns = Number(process.env.BANYAN_PROPERTY_RUNS ?? 3);
const seed = process.env.BANYAN_PROPERTY_SEED;

async function ask(connection: mysql.Connection, sql: string): Promise<string[][]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return (rows as unknown as unknown[][]).map((row) => row.map(String));
}

const number = fc.integer({ min: -1000, max: 1000 });
const write = fc.record({
  kind: fc.constantFrom('put', 'delete', 'move', 'trade'),
  id: fc.nat(60),
  value: number,
  pauseMs: fc.constantFrom(0, 0, 0, 3),
});
type Write = typeof write extends fc.Arbitrary<infer One> ? One : never;

function statements(
  table: MappedTable,
  side: 'source' | 'target',
  kind: Write['kind'],
  id: number,
  value: number,
): readonly string[] {
  if (kind === 'trade' && table.trade) return table.trade(side, id, value);
  if (kind === 'put' || kind === 'trade') return [table.put(side, id, value)];
  return [kind === 'delete' || side === 'target' ? table.remove(side, id) : table.move(id)];
}

/** Until a fence refuses one. */
async function writeAll(
  connection: mysql.Connection,
  table: MappedTable,
  side: 'source' | 'target',
  writes: readonly Write[],
): Promise<void> {
  for (const { kind, id, value, pauseMs } of writes) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    try {
      for (const sql of statements(table, side, kind, id, value)) await connection.query(sql);
    } catch (error) {
      if ((error as { errno?: number }).errno === 1644) return;
      throw error;
    }
  }
}

const anyTable: fc.Arbitrary<(here: Engine, there: Engine) => MappedTable> = fc.oneof(
  { weight: 2, arbitrary: shapes.map((shape) => () => mappedTable(shape)) },
  { weight: 1, arbitrary: keylessShapes.map((shape) => () => keylessTable(shape)) },
  {
    weight: 2,
    arbitrary: uniqueShapes.map((shape) => (here: Engine, there: Engine) => uniqueTable(shape, here, there)),
  },
);

const histories = fc.record({
  table: anyTable,
  /** The service is on a server of the other engine. */
  across: fc.boolean(),
  feed: fc.constantFrom(true, true, false),
  rows: fc.array(number, { maxLength: 40 }),
  writes: fc.array(write, { maxLength: 60 }),
  serviceWrites: fc.array(write, { maxLength: 30 }),
  size: fc.integer({ min: 1, max: 9 }),
  killsOut: kills,
  killsBack: kills,
  pauses: fc.record({
    'copy:after-read': fc.constantFrom(0, 40),
    'apply:after-read': fc.constantFrom(0, 0, 25),
  }),
});
type History = typeof histories extends fc.Arbitrary<infer One> ? One : never;

async function thereAndBack(lane: EngineLane, history: History): Promise<void> {
  const { rows, writes, serviceWrites, killsOut, killsBack, size, pauses } = history;
  const other = history.across ? engineLane(lane.engine === 'mysql' ? 'mariadb' : 'mysql') : null;
  const targetLane = other ?? lane;
  const table = history.table(lane.engine, targetLane.engine);
  const { spec, source, target, expected, found } = table;
  // A deletion names a row by its key.
  const feed = history.feed && spec.key === undefined && table.told !== null;
  await using fixture = await MoveFixture.create(lane, {
    ...{ schema: [source], targetSchema: [target], tables: [spec], feed, targetLane },
  });
  // Somebody follows the feed all the time, through every death and both directions.
  using reader = new FeedReader(fixture.spec);
  const over = new AbortController();
  const following = reader.follow(over.signal);
  following.catch(() => undefined);
  const told = async () => {
    if (!feed) return;
    await reader.snapshotsDone();
    await reader.drain();
    const rows = reader.consumer.rows(targetTable(spec)).map((row) => Object.values(row).map(String));
    const byId = (one: string[], other: string[]) => Number(one[0]) - Number(other[0]);
    expect(rows.sort(byId)).toEqual(await ask(fixture.target, table.told ?? found));
  };
  const equal = async () =>
    expect(await ask(fixture.target, found)).toEqual(await ask(fixture.source, expected));
  for (const [id, value] of rows.entries()) await fixture.source.query(table.put('source', id, value));
  // Most of them while the copy is under way.
  const copying = Promise.withResolvers<void>();
  const before = Math.floor(writes.length / 4);
  const writing = (async () => {
    await writeAll(fixture.source, table, 'source', writes.slice(0, before));
    await copying.promise;
    await writeAll(fixture.source, table, 'source', writes.slice(before));
  })();
  const mover = { fixture, size, pauses };
  const out = await killedMover({ ...mover, spec: fixture.spec, kills: killsOut, onCopy: copying.resolve });
  copying.resolve();
  // Right after the copy: later writes would heal what it did wrong.
  await out.move.fence('source', { lockTimeoutMs: 15_000 });
  await writing;
  await out.applier.drain({ deadlineMs: 30_000 });
  await equal();
  expect(await out.move.verify()).toMatchObject({ different: 0, unsettled: 0 });
  await told();
  await out.applier.stop();

  const back = { ...mover, spec: fixture.reverse, noCopy: true };
  await (await killedMover({ ...back, kills: [] })).move.close();
  await out.move.openFence('target');
  const serving = writeAll(fixture.target, table, 'target', serviceWrites);
  const home = await killedMover({ ...back, kills: killsBack });
  await serving;
  await home.move.fence('source', { lockTimeoutMs: 15_000 });
  await home.applier.drain({ deadlineMs: 30_000 });
  await equal();
  expect(await home.move.verify()).toMatchObject({ different: 0, unsettled: 0 });
  await told();
  over.abort();
  await following;
}

describeEachEngine('any move', (lane) => {
  it(
    'carries any rows by any mapping under any writes, there and back, whoever dies on the way',
    () =>
      fc.assert(
        fc.asyncProperty(histories, (history) => thereAndBack(lane, history)),
        { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }), endOnFailure: numRuns > 20 },
      ),
    60_000 + numRuns * 30_000,
  );
});
