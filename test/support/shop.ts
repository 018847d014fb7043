import pino, { type Logger } from 'pino';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { idlFile, type RunningProductService, startProductService } from '../../extracted/product/server.ts';
import {
  type RunningUserService,
  startUserService,
  idlFile as userIdlFile,
} from '../../extracted/user/server.ts';
import type { ServicesConfig } from '../../legacy/config.ts';
import { seed } from '../../legacy/seed.ts';
import { type RunningShop, startShop } from '../../legacy/server.ts';
import { migrate } from '../../scripts/migrate.ts';
import type { EngineLane, TestDatabase } from './databases.ts';

/** A logger whose lines a test can read. */
export function recordingLog(): { readonly log: Logger; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return { log: pino({ level: 'debug' }, { write: (line) => lines.push(JSON.parse(line)) }), lines };
}

/** A clock that stands at `start` until it is set. */
export function testClock(start = '2026-11-22T09:30:00.250Z') {
  let now = new Date(start);
  return {
    read: () => now,
    set: (time: string) => {
      now = new Date(time);
    },
  };
}

/** A migrated legacy database on server A, seeded with `products` products (0: empty). */
export async function createShopDatabase(lane: EngineLane, products = 0): Promise<TestDatabase> {
  const database = await lane.createDatabase('a', 'shop');
  await migrate(endpointOf(database), 'legacy');
  if (products > 0) await seed(endpointOf(database), { products, shops: 5, orders: products });
  return database;
}

/** A migrated, empty database of the product service on server B. */
export async function createProductDatabase(lane: EngineLane): Promise<TestDatabase> {
  const database = await lane.createDatabase('b', 'product');
  await migrate(endpointOf(database), 'product');
  return database;
}

export interface StartedShop extends RunningShop, AsyncDisposable {
  readonly lines: readonly Record<string, unknown>[];
}

/** The monolith inside the test's process, on a port of the system's choice. */
export async function startLegacy(
  database: DatabaseEndpoint,
  {
    services = null,
    ...options
  }: { readonly clock?: () => Date; readonly services?: ServicesConfig | null } = {},
): Promise<StartedShop> {
  const { log, lines } = recordingLog();
  const config = { host: '127.0.0.1', port: 0, database: endpointOf(database), homeMs: 800, services };
  const shop = await startShop({ config, log, ...options });
  return { ...shop, lines, [Symbol.asyncDispose]: () => shop.stop() };
}

/** Without the test database's own members. */
export function endpointOf({ host, port, user, password, database }: DatabaseEndpoint): DatabaseEndpoint {
  return { host, port, user, password, database };
}

export interface StartedProduct extends RunningProductService, AsyncDisposable {
  /** The IDL's file. */
  readonly idl: string;
  readonly lines: readonly Record<string, unknown>[];
}

/** The product service inside the test's process, on a port of the system's choice. */
export async function startProduct(
  database: DatabaseEndpoint,
  { events = false, ...options }: { readonly clock?: () => Date; readonly events?: boolean } = {},
): Promise<StartedProduct> {
  const { log, lines } = recordingLog();
  const config = {
    ...{ host: '127.0.0.1', port: 0, healthPort: null, drainMs: 0, events },
    database: endpointOf(database),
  };
  const service = await startProductService({ config, log, ...options });
  return { ...service, idl: idlFile, lines, [Symbol.asyncDispose]: () => service.stop() };
}

/** A migrated, empty database of the user service on server B. */
export async function createUserDatabase(lane: EngineLane): Promise<TestDatabase> {
  const database = await lane.createDatabase('b', 'user');
  await migrate(endpointOf(database), 'user');
  return database;
}

export interface StartedUser extends RunningUserService, AsyncDisposable {
  /** The IDL's file. */
  readonly idl: string;
  readonly lines: readonly Record<string, unknown>[];
}

/** The user service inside the test's process, on a port of the system's choice. */
export async function startUser(
  database: DatabaseEndpoint,
  options: { readonly clock?: () => Date } = {},
): Promise<StartedUser> {
  const { log, lines } = recordingLog();
  const config = {
    ...{ host: '127.0.0.1', port: 0, healthPort: null, drainMs: 0 },
    database: endpointOf(database),
  };
  const service = await startUserService({ config, log, ...options });
  return { ...service, idl: userIdlFile, lines, [Symbol.asyncDispose]: () => service.stop() };
}
