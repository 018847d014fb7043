import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Side } from '../../../common/side.ts';
import { AdminClient } from '../../../control/api/index.ts';
import { statePrivileges } from '../../../control/store/state-privileges.ts';
import { accountName, grantStatements, moverPrivileges, type NeededPrivilege } from '../../../mover/index.ts';
import { type Engine, freePorts } from '../../servers/index.ts';
import { ChaosProxy } from './chaos-proxy.ts';
import { Database } from './database.ts';
import type { Variant } from './points.ts';
import { Program } from './program.ts';
import { ParcelTraffic } from './traffic.ts';

export type DatabaseName = 'legacy' | 'service' | 'store';
export type ProgramName = 'control' | 'router' | 'router2' | 'legacyApp' | 'serviceApp' | 'mover';
/** Whose connections with whom: control (and the mover in it) has three ways to the databases, both routers share theirs. */
export type LinkName =
  | 'control-legacy'
  | 'control-service'
  | 'control-store'
  | 'routers-store'
  | 'routers-legacyApp'
  | 'routers-serviceApp';

type Ports = Readonly<Record<Exclude<ProgramName, 'mover'>, number>>;

/** Control's lease and the routers', ms: short, so that a fault of seconds outlasts them. */
export const leaseMs = 2_000;
export const feature = 'parcels';

const tables = [
  `CREATE TABLE parcels (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, code VARCHAR(60) NOT NULL, weight DECIMAL(8,3) NOT NULL,
    note TEXT NULL, UNIQUE KEY parcels_code (code)) ENGINE=InnoDB CHARACTER SET utf8mb4`,
  `CREATE TABLE parcel_events (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, parcel_code VARCHAR(60) NOT NULL, kind VARCHAR(20) NOT NULL,
    KEY parcel_events_code (parcel_code)) ENGINE=InnoDB CHARACTER SET utf8mb4`,
];
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
export const schema = 'banyan';
const captures = { usual: 'triggers', other: 'binlog', helped: 'triggers' } as const;
const account = { user: 'banyan', password: 'banyan' };

/** Everything of a deployment, each part a process of its own, with three database servers and a network that can break. */
export class World implements AsyncDisposable {
  readonly engine: Engine;
  readonly variant: Variant;
  readonly databases: Readonly<Record<DatabaseName, Database>>;
  readonly programs: Readonly<Record<ProgramName, Program>>;
  readonly links: Readonly<Record<LinkName, ChaosProxy>>;
  readonly traffic: ParcelTraffic;
  readonly #admin: { readonly url: string; readonly tokenFile: string };
  readonly #kept: AsyncDisposableStack;
  #reached: PromiseWithResolvers<void> = Promise.withResolvers();

  private constructor(
    kept: AsyncDisposableStack,
    parts: Pick<World, 'engine' | 'variant' | 'databases' | 'links'> & {
      readonly ports: Ports;
      readonly folder: string;
    },
  ) {
    const { ports, folder, databases } = parts;
    this.#kept = kept;
    this.engine = parts.engine;
    this.variant = parts.variant;
    this.databases = databases;
    this.links = parts.links;
    this.#admin = { url: `http://127.0.0.1:${ports.control}`, tokenFile: join(folder, 'token') };
    const config = (name: ProgramName) => join(folder, `${name}.config.ts`);
    const router = (name: 'router' | 'router2') =>
      new Program(name, [here('../../banyan.mjs'), 'router', '--config', config(name)]);
    const app = (name: 'legacyApp' | 'serviceApp', side: Side) =>
      new Program(name, [
        here('parcel-app.ts'),
        String(ports[name]),
        JSON.stringify({ ...databases[side].administrator(side), user: 'app' }),
      ]);
    const onLine = (line: Readonly<Record<string, unknown>>) => {
      if (line.reached !== undefined) this.#reached.resolve();
    };
    this.programs = {
      control: new Program('control', [here('control-process.ts'), config('control')], onLine),
      mover: new Program('mover', [here('mover-process.ts'), config('control')], onLine),
      router: router('router'),
      router2: router('router2'),
      legacyApp: app('legacyApp', 'legacy'),
      serviceApp: app('serviceApp', 'service'),
    };
    this.traffic = new ParcelTraffic([ports.router, ports.router2].map((port) => `http://127.0.0.1:${port}`));
  }

  static async start(engine: Engine, variant: Variant, folder: string): Promise<World> {
    await using kept = new AsyncDisposableStack();
    await mkdir(folder, { recursive: true });
    const [control, router, router2, legacyApp, serviceApp, ...dbPorts] = (await freePorts(8)) as [
      number,
      number,
      number,
      number,
      number,
      ...number[],
    ];
    const ports = { control, router, router2, legacyApp, serviceApp };
    const database = (name: DatabaseName, at: number) =>
      kept.use(
        new Database({
          ...{ engine, folder: join(folder, name), port: dbPorts[at] as number, serverId: at + 1 },
          globals: variant === 'other' ? { local_infile: 0 } : {},
        }),
      );
    const databases = {
      legacy: database('legacy', 0),
      service: database('service', 1),
      store: database('store', 2),
    };
    await Promise.all(Object.values(databases).map((one) => one.start()));
    const link = async (to: number) => kept.use(await ChaosProxy.open(to));
    const links = {
      'control-legacy': await link(databases.legacy.port),
      'control-service': await link(databases.service.port),
      'control-store': await link(databases.store.port),
      'routers-store': await link(databases.store.port),
      'routers-legacyApp': await link(legacyApp),
      'routers-serviceApp': await link(serviceApp),
    };
    await prepare(databases, engine, variant);
    await writeConfigs(folder, variant, ports, links);
    const world = new World(kept.move(), { engine, variant, databases, links, ports, folder });
    try {
      for (const name of ['legacyApp', 'serviceApp', 'control', 'router', 'router2'] as const) {
        const program = world.#kept.use(world.programs[name]);
        await program.start();
      }
      if (variant === 'helped') await world.#kept.use(world.programs.mover).start();
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
    world.#kept.use(world.traffic);
    return world;
  }

  admin(): Promise<AdminClient> {
    return AdminClient.open({ ...this.#admin, who: 'soak' });
  }

  /** Control, or the mover of its own, stands still at the point when it next comes there; the promise resolves then. */
  arm(point: string): Promise<void> {
    this.#reached = Promise.withResolvers();
    for (const program of this.#standing) program.tell(`arm ${point}`);
    return this.#reached.promise;
  }

  letGo(): void {
    for (const program of this.#standing) {
      program.tell('disarm');
      program.tell('go');
    }
  }

  get #standing(): readonly Program[] {
    return [this.programs.control, this.programs.mover];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of Object.values(this.links)) link.setWeather('well');
    for (const program of Object.values(this.programs)) program.wake();
    await this.#kept.disposeAsync();
  }
}

/** Schemas, and the accounts that a deployment has: banyan's with what `banyan grants` prints, an application's with its rows. */
async function prepare(
  databases: Readonly<Record<DatabaseName, Database>>,
  engine: Engine,
  variant: Variant,
): Promise<void> {
  const grant = async (database: Database, user: string, needed: readonly NeededPrivilege[]) => {
    const name = accountName(user, '127.0.0.1');
    await database.query(`CREATE USER ${name} IDENTIFIED BY 'banyan'`);
    for (const statement of grantStatements(needed, name)) await database.query(statement);
  };
  await databases.store.query(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4`);
  await grant(databases.store, account.user, statePrivileges(schema));
  for (const side of ['legacy', 'service'] as const) {
    await databases[side].query(`CREATE DATABASE ${side} CHARACTER SET utf8mb4`);
    for (const table of tables) await databases[side].query(table, [], side);
    const needed = moverPrivileges({
      ...{ engine, database: side, tables: ['parcels', 'parcel_events'], bookkeepingSchema: schema },
      makesTables: side === 'service',
      capture: captures[variant],
    });
    await grant(databases[side], account.user, side === 'legacy' ? [...needed, ...renaming] : needed);
    const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
    await grant(databases[side], 'app', [{ database: side, table: null, privileges, why: 'its rows' }]);
  }
  // Of a mover of its own several chunks are to be under way.
  const rows = Array.from({ length: variant === 'helped' ? 20_000 : 400 }, (_, at) => [
    `seed-${at}`,
    at,
    at % 3 === 0 ? null : `소포 ${at} 📦`,
  ]);
  await databases.legacy.query('INSERT INTO parcels (code, weight, note) VALUES ?', [rows], 'legacy');
}

/** What `banyan finish --dry-run` asks for. */
const renaming = ['parcels', 'parcel_events'].flatMap((table): NeededPrivilege[] => [
  { database: 'legacy', table, privileges: ['DROP', 'ALTER'], why: 'to rename it' },
  ...[`banyan_finished_${table}`].map((name) => ({
    ...{
      database: 'legacy',
      table: name,
      privileges: ['CREATE', 'INSERT', 'TRIGGER'],
      why: 'its name to be',
    },
  })),
]);

/** Both configs say the same but for the ways to the servers. */
async function writeConfigs(
  folder: string,
  variant: Variant,
  ports: Ports,
  links: Readonly<Record<LinkName, ChaosProxy>>,
): Promise<void> {
  const write = (name: 'control' | 'router' | 'router2', store: LinkName) => {
    const database = (link: LinkName, of: string) => ({ ...account, port: links[link].port, database: of });
    const address = (link: LinkName) => `http://127.0.0.1:${links[link].port}`;
    const content = {
      databases: {
        legacy: database('control-legacy', 'legacy'),
        service: database('control-service', 'service'),
        store: database(store, schema),
      },
      state: { database: 'store', schema },
      legacy: { addresses: [address('routers-legacyApp')], database: 'legacy' },
      router: {
        listen: `127.0.0.1:${name === 'control' ? ports.router : ports[name]}`,
        snapshotFile: join(folder, `${name}-table.json`),
      },
      control: {
        listen: `127.0.0.1:${ports.control}`,
        tokenFile: join(folder, 'token'),
        replicaLeaseMs: leaseMs,
        controlLeaseMs: leaseMs,
        cutover: { deadlineMs: 8_000, maxTransactionMs: 60_000 },
      },
      features: {
        [feature]: {
          service: { kind: 'http', addresses: [address('routers-serviceApp')] },
          database: 'service',
          capture: captures[variant],
          deferIndexes: variant === 'other',
          tables: ['parcels', 'parcel_events'],
          routes: {
            'GET /parcels/:code': {},
            'POST /parcels/:code': {},
            'PUT /parcels/:code': {},
            'DELETE /parcels/:code': {},
            'POST /events': {},
          },
        },
      },
    };
    return writeFile(
      join(folder, `${name}.config.ts`),
      `export default ${JSON.stringify(content, null, 2)};\n`,
    );
  };
  await write('control', 'control-store');
  await write('router', 'routers-store');
  await write('router2', 'routers-store');
}
