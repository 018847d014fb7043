import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { expect } from 'vitest';
import {
  applySchema,
  claimEpoch,
  inspectData,
  inspectMove,
  type Move,
  type MoveSpec,
  type MoveTuning,
  moverPrivileges,
  openMove,
  planSchema,
} from '../../../mover/index.ts';
import { quoteName } from '../../../mover/sql/names.ts';
import { createAccount } from '../accounts.ts';
import type { EngineLane, TestDatabase } from '../databases.ts';
import { TestPoints } from '../move-fixture.ts';
import { testedCapture } from '../tested-capture.ts';
import type { Scenario } from './scenario.ts';

const small = { chunkRowsAtFirst: 3, chunkRowsMax: 3, applyBatchEntries: 7 };
const patience = { lockTimeoutMs: 15_000 };

/** A scenario on one pair of servers: what it holds, until it is disposed of. */
interface Stage {
  readonly spec: MoveSpec;
  readonly tuning: Partial<MoveTuning>;
  readonly legacy: mysql.Connection;
  readonly service: mysql.Connection;
  defer(stop: () => unknown): void;
}

/**
 * Takes the scenario's tables through all of it: their definitions to the other server, preflight, a look at the rows, the copy
 * with writes before and during, a fence right after it, the hand-over, writes on the service, and the way back.
 */
export async function runScenario(
  scenario: Scenario,
  from: EngineLane,
  to: EngineLane,
  tuning: Partial<MoveTuning> = {},
): Promise<void> {
  const stops: (() => unknown)[] = [];
  try {
    const parts = await setUp(scenario, from, to, (stop) => stops.push(stop));
    const stage = { ...parts, tuning: { ...small, ...tuning } };
    const refusals = await refusedBy(stage.spec);
    if (scenario.expectation.refused !== undefined) {
      expect(refusals.codes, refusals.text).toEqual([...scenario.expectation.refused].sort());
      return;
    }
    expect(refusals.text).toBe('');
    await thereAndBack(scenario, stage);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function setUp(
  scenario: Scenario,
  from: EngineLane,
  to: EngineLane,
  defer: Stage['defer'],
): Promise<Omit<Stage, 'tuning'>> {
  const source = await from.createDatabase('a', 'sc');
  defer(() => source[Symbol.asyncDispose]());
  const target = await to.createDatabase('b', 'sc');
  defer(() => target[Symbol.asyncDispose]());
  const legacy = await connect(source);
  defer(() => legacy.end());
  const service = await connect(target);
  defer(() => service.end());
  for (const statement of [...scenario.schema, ...scenario.data]) await legacy.query(statement);
  const specs = scenario.expectation.tables.map((one) => (typeof one === 'string' ? { table: one } : one));
  const tables = specs.map(({ table }) => table);
  const { sever, triggers, deferIndexes, generated, versioned } = scenario.expectation;
  const bookkeepingSchema = `bk_${randomBytes(5).toString('hex')}`;
  defer(() =>
    Promise.all([legacy, service].map((one) => one.query('DROP DATABASE IF EXISTS ??', [bookkeepingSchema]))),
  );
  const account = async (lane: EngineLane, side: TestDatabase, makesTables: boolean) => {
    const needs = { engine: lane.engine, database: side.database, tables, bookkeepingSchema, makesTables };
    const made = await createAccount(side, moverPrivileges({ ...needs, capture: testedCapture() }));
    defer(() => made[Symbol.asyncDispose]());
    return made.endpoint(side.database);
  };
  const spec: MoveSpec = {
    id: `${bookkeepingSchema}:forward`,
    source: await account(from, source, false),
    target: await account(to, target, true),
    tables: specs,
    bookkeepingSchema,
    ...{ capture: testedCapture(), captureBack: testedCapture() },
    ...(sever && { sever: { side: 'source', keys: sever } }),
    ...(triggers && { triggers }),
    ...(deferIndexes && { deferIndexes }),
    ...(generated && { generated }),
    ...(versioned && { versioned }),
  };
  return { spec, legacy, service, defer };
}

/** As an application: not strict where rows are odd, in UTC. */
async function connect(to: TestDatabase): Promise<mysql.Connection> {
  const { host, port, user, password, database } = to;
  const connection = await mysql.createConnection({
    host,
    port,
    user,
    password,
    database,
    charset: 'utf8mb4',
    timezone: 'Z',
  });
  await connection.query("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  return connection;
}

async function refusedBy(spec: MoveSpec): Promise<{ codes: string[]; text: string }> {
  const plan = await planSchema(spec);
  let faults = plan.faults;
  if (faults.length === 0) {
    await applySchema(spec, plan);
    faults = (await inspectMove(spec)).faults;
  }
  if (faults.length === 0) faults = (await inspectData(spec)).faults;
  return {
    codes: [...new Set(faults.map((fault) => fault.code))].sort(),
    text: faults.map((fault) => `${fault.code} ${fault.what}`).join('\n'),
  };
}

async function thereAndBack({ writes }: Scenario, stage: Stage): Promise<void> {
  const { spec, legacy, service } = stage;
  const run = async (on: mysql.Connection, statements: readonly string[]) => {
    for (const statement of statements) await on.query(statement);
  };
  if (spec.triggers === 'carry') {
    const names = async (on: mysql.Connection) =>
      (await on.query<mysql.RowDataPacket[]>('SHOW TRIGGERS'))[0].map((one) => one.Trigger);
    expect(await names(service)).toEqual(await names(legacy));
  }
  const points = new TestPoints();
  let left = [...writes.during];
  // One statement between the reading of each chunk and its landing; what is left after the last chunk.
  points.at('copy:after-read', async ({ last }) => {
    const now = last === true ? left : left.slice(0, 1);
    left = left.slice(now.length);
    await run(legacy, now);
  });
  const out = await open(stage, spec, points);
  await out.fence('target', patience);
  await out.installCapture();
  await run(legacy, writes.before);
  const forward = out.startApplying();
  await out.copy();
  await run(legacy, left);
  await run(legacy, writes.after);
  await out.fence('source', patience);
  await forward.drain({ deadlineMs: 30_000 });
  expect(await out.verify()).toMatchObject({ different: 0, unsettled: 0 });
  await out.raiseAutoIncrement();

  const back = await open(stage, {
    ...spec,
    ...{ id: spec.id.replace('forward', 'reverse'), source: spec.target, target: spec.source },
    ...(spec.sever && { sever: { ...spec.sever, side: 'target' } }),
    deferIndexes: false,
  });
  await back.installCapture();
  const reverse = back.startApplying();
  await out.openFence('target');
  await forward.stop();
  await run(service, writes.service);
  await back.fence('source', patience);
  await reverse.drain({ deadlineMs: 30_000 });
  const report = await back.verify();
  expect(report).toMatchObject({ different: 0, unsettled: 0 });
  // Counted by the application itself, not by the mover.
  for (const { table } of spec.tables) {
    const count = async (on: mysql.Connection) =>
      (await on.query(`SELECT COUNT(*) AS n FROM ${quoteName(table)}`))[0];
    expect(await count(service), table).toEqual(await count(legacy));
  }
}

async function open({ tuning, defer }: Stage, spec: MoveSpec, points?: TestPoints): Promise<Move> {
  const move = await openMove(spec, { epoch: await claimEpoch(spec), tuning, ...(points && { points }) });
  defer(() => move.close());
  return move;
}
