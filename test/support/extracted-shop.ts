import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { type MigrationFolder, migrate } from '../../scripts/migrate.ts';
import { freePorts } from '../../scripts/servers/index.ts';
import type { EngineLane, TestDatabase } from './databases.ts';
import { type Programs, startPrograms } from './programs.ts';
import { ed25519Pair } from './router/identity-keys.ts';
import { createShopDatabase, endpointOf } from './shop.ts';
import { databaseEnvironment, type Program, type ProgramOutcome, startProgram } from './shop-process.ts';

export const movableFeatures = ['product', 'shops', 'user'] as const;
export type MovableFeature = (typeof movableFeatures)[number];
export type ShopProgram = 'legacy' | 'log' | MovableFeature;

/** The whole shop, its monolith and three services that its features move to, each a process, with a control and a router. */
export interface ExtractedShop extends AsyncDisposable {
  readonly programs: Programs;
  /** Origin of the router. */
  readonly router: string;
  /** Origin of the router's metrics. */
  readonly routerAdmin: string;
  /** Origin of the monolith itself. */
  readonly legacy: string;
  /** `legacy`, and the services' by their features. */
  readonly databases: Readonly<Record<'legacy' | MovableFeature, TestDatabase>>;
  query(
    database: 'legacy' | MovableFeature,
    sql: string,
    values?: unknown[],
  ): Promise<Record<string, unknown>[]>;
  /** While it is paused, the reverse move brings nothing into the monolith's tables. */
  move(
    feature: MovableFeature | 'log',
    action: 'copy' | 'cutover' | 'rollback' | 'pause' | 'resume',
  ): Promise<void>;
  /** The log service, and where its sink writes. */
  readonly logFolder: string;
  /** Ends a process as a machine that dies does. @returns what it had printed */
  kill(name: ShopProgram): Promise<ProgramOutcome>;
  /** Makes a process stand still until the function is called. */
  freeze(name: ShopProgram): () => void;
  /** Runs one of the monolith's jobs to its end, as JSON. */
  job(name: string): Promise<ProgramOutcome>;
  /** Starts a process again, on its address. */
  start(name: ShopProgram): Promise<void>;
  /** Makes a service slow: its reads and writes wait in its database until the function is called. */
  stall(feature: MovableFeature): Promise<() => Promise<void>>;
}

interface Part {
  readonly folder: MigrationFolder;
  readonly prefix: string;
  readonly service: string;
  readonly transport: 'header' | 'framed';
  readonly tables: readonly string[];
  readonly sever: readonly string[];
}

const parts: Readonly<Record<MovableFeature, Part>> = {
  product: {
    ...{ folder: 'product', prefix: 'PRODUCT', service: 'ProductService', transport: 'header' },
    tables: ['products'],
    sever: ['images', 'options', 'likes', 'stock'].map((name) => `product_${name}.product_id`),
  },
  shops: {
    ...{ folder: 'shop', prefix: 'SHOPS', service: 'ShopService', transport: 'framed' },
    tables: ['shops', 'shop_owners'],
    sever: ['orders.shop_id', 'shop_owners.user_id'],
  },
  user: {
    ...{ folder: 'user', prefix: 'USER', service: 'UserService', transport: 'header' },
    tables: ['users', 'sessions'],
    sever: ['shop_owners.user_id', 'product_likes.user_id', 'orders.user_id'],
  },
};

export interface ExtractedShopOptions {
  /** `service.deadlineMs` of all features. */
  readonly deadlineMs: number;
}

export async function startExtractedShop(
  lane: EngineLane,
  { deadlineMs }: ExtractedShopOptions,
): Promise<ExtractedShop> {
  await using stack = new AsyncDisposableStack();
  const schema = `banyan_${randomBytes(4).toString('hex')}`;
  const legacyDatabase = stack.use(await createShopDatabase(lane, 40));
  const [legacyPort, adminPort, logPort, ...ports] = await freePorts(3 + movableFeatures.length);
  const portOf = (feature: MovableFeature) => ports[movableFeatures.indexOf(feature)]!;
  const databases: Record<string, TestDatabase> = { legacy: legacyDatabase };
  for (const feature of movableFeatures) {
    databases[feature] = stack.use(await lane.createDatabase('b', feature));
    await migrate(endpointOf(databases[feature]), parts[feature].folder);
  }
  stack.defer(async () => {
    for (const database of Object.values(databases)) {
      const connection = await mysql.createConnection(endpointOf(database));
      await connection.query('DROP DATABASE IF EXISTS ??', [schema]);
      await connection.end();
    }
  });

  const folder = await mkdtemp(join(tmpdir(), 'extracted-shop-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const keyFile = join(folder, 'identity.pem');
  await writeFile(keyFile, ed25519Pair('test').signs.key);

  const connections = new Map<string, Connection>();
  stack.defer(async () => {
    for (const connection of connections.values()) await connection.end();
  });
  const running = new Map<string, Program>();
  stack.defer(async () => {
    for (const program of running.values()) await program[Symbol.asyncDispose]();
  });
  const run = async (name: string, file: string, env: Record<string, string>) => {
    const program = startProgram(file, { LOG_LEVEL: 'debug', ...env });
    running.set(name, program);
    await program.ready;
  };
  const logFolder = join(folder, 'log');
  const sinkFile = join(folder, 'sink.json');
  await writeFile(sinkFile, JSON.stringify({ kind: 'file', folder: logFolder }));
  const start = (name: ShopProgram) => {
    if (name === 'legacy') return run(name, 'legacy/main.ts', environment);
    if (name === 'log')
      return run(name, 'extracted/log/main.ts', { PORT: String(logPort), LOG_SINK_FILE: sinkFile });
    const { folder, prefix } = parts[name];
    const database = databaseEnvironment(prefix, databases[name]!);
    return run(name, `extracted/${folder}/main.ts`, { ...database, PORT: String(portOf(name)) });
  };

  const features = movableFeatures.map((feature) => {
    const { folder, service: name, transport, tables, sever } = parts[feature];
    const service = {
      ...{
        idl: `${import.meta.dirname}/../../extracted/${folder}/${folder}.thrift`,
        name,
        transport,
        deadlineMs,
      },
      addresses: [`127.0.0.1:${portOf(feature)}`],
      ...(feature === 'product' && {
        identity: {
          ask: '/internal/whoami',
          credentials: { cookie: 'session' },
          ...{ claims: { role: 'json:role' }, anonymous: 'pass', cacheMs: 0, refusedMs: 0 },
          // Longer than the monolith waits for a service before it reads its copy.
          deadlineMs: 3 * deadlineMs,
        },
      }),
    };
    return [feature, { service, database: feature, tables: [...tables], sever: [...sever] }];
  });
  const logService = {
    ...{ idl: `${import.meta.dirname}/../../extracted/log/log.thrift`, name: 'LogService', deadlineMs },
    addresses: [`127.0.0.1:${logPort}`],
  };
  const legacy = `http://127.0.0.1:${legacyPort}`;
  const environment: Record<string, string> = {
    ...databaseEnvironment('SHOP', legacyDatabase),
    ...{ PORT: String(legacyPort), SEAM_DB_NAME: schema, SERVICE_DEADLINE_MS: String(deadlineMs) },
    // The machine that tests may be busy with others.
    HOME_DEADLINE_MS: String(2 * deadlineMs),
    LOG_SERVICE: `127.0.0.1:${logPort}`,
    ...Object.fromEntries(
      movableFeatures.map((feature) => [`${feature.toUpperCase()}_SERVICE`, `127.0.0.1:${portOf(feature)}`]),
    ),
  };
  await Promise.all(([...movableFeatures, 'log'] as const).map(start));
  const programs = stack.use(
    await startPrograms('extracted-shop', {
      databases: Object.fromEntries(
        Object.entries(databases).map(([name, database]) => [name, endpointOf(database)]),
      ),
      state: { database: 'legacy', schema },
      legacy: { addresses: [legacy], database: 'legacy' },
      router: { admin: `127.0.0.1:${adminPort}` },
      identity: { keys: [{ kid: 'test', file: keyFile }] },
      features: { ...Object.fromEntries(features), log: { service: logService } },
    }),
  );
  await start('legacy');

  const kept = stack.move();
  return {
    ...{ programs, router: programs.router, legacy, start, logFolder },
    routerAdmin: `http://127.0.0.1:${adminPort}`,
    job: (name) => startProgram('legacy/jobs/main.ts', environment, [name, '--json']).ended,
    databases: databases as ExtractedShop['databases'],
    async query(name, sql, values = []) {
      const connection =
        connections.get(name) ?? (await mysql.createConnection(endpointOf(databases[name]!)));
      connections.set(name, connection);
      return (await connection.query(sql, values))[0] as Record<string, unknown>[];
    },
    async move(feature, action) {
      const answer = await programs.admin(`/v1/features/${feature}/${action}`, { why: 'the test says so' });
      const last = typeof answer === 'string' ? JSON.parse(answer.trim().split('\n').at(-1)!) : answer;
      if (last.error !== undefined) throw new Error(`${action} ${feature}: ${JSON.stringify(last)}`);
    },
    async kill(name) {
      const program = running.get(name)!;
      program.kill('SIGKILL');
      running.delete(name);
      return program.ended;
    },
    freeze(name) {
      const program = running.get(name)!;
      program.kill('SIGSTOP');
      return () => program.kill('SIGCONT');
    },
    async stall(feature) {
      const connection = await mysql.createConnection(endpointOf(databases[feature]!));
      const locks = parts[feature].tables.map((table) => `${table} WRITE`);
      // Whoever ends it before the test does must not wait for its locks.
      connections.set(`stall ${feature}`, connection);
      await connection.query(`LOCK TABLES ${locks.join(', ')}`);
      return async () => {
        connections.delete(`stall ${feature}`);
        await connection.end();
      };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
