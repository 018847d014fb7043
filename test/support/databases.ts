import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { describe, inject } from 'vitest';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { type Engine, engines } from '../../scripts/servers/index.ts';
import type { TestServer } from './database-servers.ts';

export type { Engine };
export { engines };

/** A database of one test's own, dropped when disposed of (`await using`). */
export type TestDatabase = DatabaseEndpoint & AsyncDisposable;

export interface EngineLane {
  readonly engine: Engine;
  /** Server `a` is legacy's side, `b` the service's. */
  readonly servers: { readonly a: TestServer; readonly b: TestServer };
  createDatabase(server: 'a' | 'b', prefix?: string): Promise<TestDatabase>;
}

/** Runs a suite once for each engine that can be had; a missing engine shows as one skipped suite with its reason. */
export function describeEachEngine(name: string, suite: (lane: EngineLane) => void): void {
  for (const engine of engines) describeOnEngine(engine, name, suite);
}

/** For a suite whose matter is not the engine's: what it asks of a database is tested on both engines elsewhere. */
export function describeOnEngine(engine: Engine, name: string, suite: (lane: EngineLane) => void): void {
  const servers = inject('databaseServers')[engine];
  if ('missing' in servers) {
    describe.skip(`${name} (${engine}: ${servers.missing})`, () => suite(laneOf(engine, unreachable)));
  } else {
    describe(`${name} (${engine})`, () => suite(laneOf(engine, servers)));
  }
}

/** The lane of one engine, for suites that pair engines; null where the engine cannot be had. */
export function engineLane(engine: Engine): EngineLane | null {
  const servers = inject('databaseServers')[engine];
  return 'missing' in servers ? null : laneOf(engine, servers);
}

const nowhere: TestServer = { host: '127.0.0.1', port: 0, user: '', password: '' };
const unreachable = { a: nowhere, b: nowhere };

/** The same engine on servers of a test's own, or with the sides swapped. */
export function laneOf(engine: Engine, servers: EngineLane['servers']): EngineLane {
  return {
    engine,
    servers,
    createDatabase: (server, prefix = 't') => createDatabase(servers[server], prefix),
  };
}

async function createDatabase(server: TestServer, prefix: string): Promise<TestDatabase> {
  const database = `${prefix}_${randomBytes(5).toString('hex')}`;
  await onServer(server, (connection) =>
    connection.query('CREATE DATABASE ?? CHARACTER SET utf8mb4', [database]),
  );
  return {
    ...server,
    database,
    [Symbol.asyncDispose]: () =>
      onServer(server, (connection) => connection.query('DROP DATABASE IF EXISTS ??', [database])),
  };
}

async function onServer(
  server: TestServer,
  work: (connection: mysql.Connection) => Promise<unknown>,
): Promise<void> {
  const connection = await mysql.createConnection({ ...server });
  try {
    await work(connection);
  } finally {
    await connection.end();
  }
}
