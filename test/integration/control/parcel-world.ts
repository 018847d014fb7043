import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { expect } from 'vitest';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { statePrivileges } from '../../../control/store/state-privileges.ts';
import { moverPrivileges } from '../../../mover/index.ts';
import type { Side } from '../../../router/table/route-table.ts';
import { loadIdl, serve } from '../../../rpc/index.ts';
import { createAccount } from '../../support/accounts.ts';
import type { EngineLane } from '../../support/databases.ts';
import { testedCapture } from '../../support/tested-capture.ts';
import { parcelFeature } from './fixtures.ts';

/** The same with other settings of `control`. */
export function withControl(config: BanyanConfig, change: Partial<BanyanConfig['control']>): BanyanConfig {
  return { ...config, control: { ...config.control, ...change } };
}

/** Two databases on two servers with a feature that is no shop's: parcels, and events keyed by parcel and number. */
export interface ParcelWorld extends AsyncDisposable {
  readonly config: BanyanConfig;
  readonly sides: Readonly<Record<Side, DatabaseEndpoint>>;
  query(side: Side, sql: string, values?: unknown[]): Promise<RowDataPacket[]>;
  /** Runs `sql` in a transaction that stays open until the function returned is called. */
  openTransaction(side: Side, sql: string): Promise<() => Promise<void>>;
}

const tables = `
  CREATE TABLE parcels (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(40) NOT NULL,
    weight DECIMAL(8,3) NOT NULL,
    note TEXT NULL,
    sent_at DATETIME(3) NULL,
    UNIQUE KEY parcels_code (code)
  ) ENGINE=InnoDB CHARACTER SET utf8mb4;
  CREATE TABLE parcel_events (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    parcel_code VARCHAR(40) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    KEY parcel_events_code (parcel_code)
  ) ENGINE=InnoDB CHARACTER SET utf8mb4;`;

/** `apart`: the events are a feature of their own, `events`. */
export async function createParcelWorld(
  db: EngineLane,
  rows = 400,
  apart = false,
  kind = testedCapture(),
): Promise<ParcelWorld> {
  const [legacy, service, state] = await Promise.all([
    db.createDatabase('a', 'legacy'),
    db.createDatabase('b', 'service'),
    db.createDatabase('a', 'state'),
  ]);
  // The application's accounts may do everything; banyan's may do what `banyan grants` grants.
  const sides = { legacy, service };
  const pools = {
    legacy: mysql.createPool({ ...plain(legacy), multipleStatements: true, connectionLimit: 6 }),
    service: mysql.createPool({ ...plain(service), multipleStatements: true, connectionLimit: 6 }),
  };
  await Promise.all([pools.legacy.query(tables), pools.service.query(tables)]);
  if (rows > 0) {
    const parcels = Array.from({ length: rows }, (_, at) => [
      `seed-${at}`,
      (at * 1.007).toFixed(3),
      at % 3 === 0 ? null : `소포 ${at} 📦`,
      at % 2 === 0 ? null : '2026-03-01 10:11:12.345',
    ]);
    await pools.legacy.query('INSERT INTO parcels (code, weight, note, sent_at) VALUES ?', [parcels]);
    const events = parcels.flatMap(([code]) => [
      [code, 'made'],
      [code, 'sent'],
    ]);
    await pools.legacy.query('INSERT INTO parcel_events (parcel_code, kind) VALUES ?', [events]);
  }
  const needs = (database: string, makesTables: boolean) =>
    moverPrivileges({
      ...{ engine: db.engine, database, tables: ['parcels', 'parcel_events'] },
      ...{ bookkeepingSchema: state.database, makesTables, capture: kind },
    });
  const accounts = {
    legacy: await createAccount(db.servers.a, [
      ...needs(legacy.database, false),
      ...statePrivileges(state.database),
    ]),
    service: await createAccount(db.servers.b, needs(service.database, true)),
  };
  const listener = createServer((_request, response) => response.end('parcels'));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'banyan-control-'));
  const idlFile = join(folder, 'parcels.thrift');
  await writeFile(idlFile, 'service ParcelService { void ping() }');
  const serving = await serve({
    idl: await loadIdl(idlFile),
    service: 'ParcelService',
    handlers: { ping() {} },
    ...{ host: '127.0.0.1', port: 0 },
  });
  const capture = { legacy: kind, service: kind };
  const feature = parcelFeature(accounts.service.endpoint(service.database), { capture });
  const served = { ...feature, service: { ...feature.service, addresses: [serving.address] } };
  const config: BanyanConfig = {
    file: join(folder, 'banyan.config.ts'),
    databases: {
      legacy: accounts.legacy.endpoint(legacy.database),
      service: accounts.service.endpoint(service.database),
    },
    state: accounts.legacy.endpoint(state.database),
    legacy: {
      addresses: [`http://127.0.0.1:${port}`],
      database: accounts.legacy.endpoint(legacy.database),
    },
    router: {
      listen: { host: '127.0.0.1', port: 0 },
      identity: [],
      trustedPeers: [],
      snapshotFile: join(folder, 'routes.json'),
    },
    control: {
      listen: { host: '127.0.0.1', port: 0 },
      tokenFile: join(folder, 'token'),
      allowRemote: false,
      requireWhy: false,
      tokens: {},
      // Nothing runs out because a busy machine left the test's process standing.
      replicaLeaseMs: 10_000,
      controlLeaseMs: 10_000,
      copy: { workers: 3 },
      verify: { workers: 3, steadily: false, everyMs: 300_000, share: 0.2 },
      cutover: {
        deadlineMs: 20_000,
        lockTimeoutMs: 5_000,
        maxBacklog: 500,
        // The gate asks the whole server, and other tests have transactions open on it.
        maxTransactionMs: 600_000,
        verifiedWithinMs: 600_000,
        signOff: false,
      },
    },
    cohorts: [],
    features: apart
      ? {
          parcels: { ...served, tables: [{ table: 'parcels' }] },
          events: {
            ...served,
            ...{ name: 'events', salt: 'events', tables: [{ table: 'parcel_events' }] },
            routes: [
              {
                ...{ id: 'POST /events', method: 'POST', path: '/events', access: 'write' },
                call: { kind: 'thrift', method: 'addEvent' },
              },
            ],
          },
        }
      : { parcels: served },
  };
  return {
    config,
    sides,
    async query(side, sql, values) {
      const [result] = await pools[side].query<RowDataPacket[]>(sql, values);
      return result;
    },
    async openTransaction(side, sql) {
      const connection = await pools[side].getConnection();
      await connection.query(`START TRANSACTION; ${sql}`);
      return async () => {
        await connection.query('COMMIT');
        connection.release();
      };
    },
    async [Symbol.asyncDispose]() {
      await serving.stop({ graceMs: 0 });
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
      // The mover keeps its books in a schema of the state's name on the service's server too.
      await pools.service.query(`DROP DATABASE IF EXISTS \`${state.database}\``);
      await Promise.all([pools.legacy.end(), pools.service.end()]);
      await Promise.all([legacy, service, state].map((database) => database[Symbol.asyncDispose]()));
      await Promise.all(Object.values(accounts).map((account) => account[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const inserts = {
  parcels: "INSERT INTO parcels (code, weight) VALUES ('probe', 1)",
  parcel_events: "INSERT INTO parcel_events (parcel_code, kind) VALUES ('probe', 'made')",
};

/** The sides whose database accepts a write to the table right now. */
export async function openSides(
  world: ParcelWorld,
  table: keyof typeof inserts = 'parcels',
): Promise<string[]> {
  const open: string[] = [];
  for (const side of ['legacy', 'service'] as const) {
    try {
      await world.query(side, `START TRANSACTION; ${inserts[table]}; ROLLBACK`);
      open.push(side);
    } catch (error) {
      expect((error as { errno?: number }).errno).toBe(1644);
      await world.query(side, 'ROLLBACK');
    }
  }
  return open;
}

function plain({ host, port, user, password, database }: DatabaseEndpoint): DatabaseEndpoint {
  return { host, port, user, password, database };
}
