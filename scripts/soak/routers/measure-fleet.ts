import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { pause } from '../../../common/pause.ts';
import { awaitBarrier } from '../../../control/conductor/barrier.ts';
import { giveUp, hold, release } from '../../../control/conductor/handover-changes.ts';
import type { FeatureConfig } from '../../../control/config/index.ts';
import { advance, handovers } from '../../../control/feature/index.ts';
import { type ChangeContext, type FeatureState, StateStore } from '../../../control/store/index.ts';
import { median } from '../../bench/runner/median.ts';
import { cpuMicrosOf } from '../../runs/cpu-time.ts';
import { type Engine, freePorts, startPrivateServer } from '../../servers/index.ts';
import type { SoakContext } from '../soak.ts';

export interface Fleet {
  readonly facts: Readonly<Record<string, number>>;
  /** The median. */
  readonly barrierMs: number;
  /** How many leases were found gone, in looks every 200 ms. */
  readonly lapsed: number;
}

const leaseMs = 2_000;
const processes = 2;
const barriers = 9;
const feature: FeatureConfig = {
  name: 'parcels',
  service: { kind: 'http', addresses: ['http://127.0.0.1:1'] } as FeatureConfig['service'],
  database: null,
  tables: [],
  sever: [],
  rollback: true,
  triggers: 'keep',
  generated: 'compare',
  versioned: 'refuse',
  deferIndexes: false,
  capture: { legacy: 'triggers', service: 'triggers' },
  routes: Array.from({ length: 50 }, (_, n) => ({
    ...{ id: `POST /parcels${n}`, method: 'POST', path: `/parcels${n}`, access: 'write' as const },
    call: { kind: 'http' as const },
  })),
  salt: 'parcels',
};

/** Lets so many routers beat a private server, looks at what it costs while nothing happens, and holds and releases a feature some times. */
export async function measureFleet(
  context: SoakContext,
  engine: Engine,
  { routers }: { readonly routers: number },
): Promise<Fleet> {
  const { signal, log } = context;
  const [port] = (await freePorts(1)) as [number];
  const account = { user: 'administrator', password: 'banyan' };
  const server = await startPrivateServer({
    ...{
      engine,
      dataDir: join(context.folder, engine),
      port,
      serverId: 1,
      ...account,
      startTimeoutMs: 120_000,
    },
  });
  context.defer(() => server.stop());
  const state = { host: '127.0.0.1', port, ...account, database: 'banyan' };
  const admin = await createConnection({ host: state.host, port, ...account });
  context.defer(() => admin.destroy());
  await admin.query(`SET GLOBAL max_connections = ${routers + 100}`);
  await admin.query('CREATE DATABASE IF NOT EXISTS banyan');
  const store = await StateStore.open({ state, features: [feature] });
  context.defer(() => store.close());
  const who = { who: 'soak', why: 'to see how long it takes' };
  await store.admitFeatures(who);
  const change = (action: string, to: (at: ChangeContext) => FeatureState) =>
    store.change({ ...who, feature: feature.name, action, change: to });
  await change('copy', ({ state: before }) => advance(before, 'copy'));
  await change('copied', ({ state: before }) => advance(before, 'copied'));

  const fleets = await Promise.all(
    Array.from({ length: processes }, () => startFleet(context, JSON.stringify(state), routers / processes)),
  );
  // As long as it takes until each has counted how many there are.
  await pause(8_000, signal);
  const live = (await store.fleet.replicas()).filter((replica) => replica.live).length;
  if (live < routers) log(`${engine}: ${live} of ${routers} routers are live`);
  const calm = await costOf(admin, server.pid, () => pause(10_000, signal));
  log(`${engine}: ${Math.round(calm.queries)} queries a second, ${calm.cpuPercent.toFixed(0)} % of a core`);

  const rules = handovers.cutover;
  const took: number[] = [];
  const costs: BarrierCost[] = [];
  const cost = async (): Promise<BarrierCost> => ({
    serverMs: cpuMicrosOf(server.pid) / 1_000,
    fleetMs: fleets.reduce((sum, { pid }) => sum + cpuMicrosOf(pid!), 0) / 1_000,
    statements: await statusOf(admin, 'Questions'),
  });
  const hurried = await costOf(admin, server.pid, async () => {
    for (let n = 0; n < barriers; n++) {
      signal.throwIfAborted();
      const id = randomUUID();
      await store.fleet.hurryRouters(60_000);
      // As long as a handover prepares itself, before anybody is held: by then each router has heard of it.
      await pause(leaseMs / 4, signal);
      const before = await cost();
      const began = performance.now();
      const { version } = await change('hold', hold({ id, rules, ...who }));
      await awaitBarrier(
        store,
        [feature.name],
        version,
        AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
      );
      took.push(performance.now() - began);
      const after = await cost();
      const spent = {
        serverMs: after.serverMs - before.serverMs,
        fleetMs: after.fleetMs - before.fleetMs,
        statements: after.statements - before.statements,
      };
      costs.push(spent);
      await change('give up', giveUp(id));
      await change('release', release(id, rules));
      await store.fleet.hurryRouters(0);
      log(
        `${engine}: barrier ${n + 1} took ${Math.round(took.at(-1)!)} ms, ${Math.round(spent.serverMs)} ms of the server’s CPU, ${Math.round(spent.fleetMs)} ms of the simulated routers’, ${spent.statements} statements`,
      );
      await pause(1_000, signal);
    }
  });
  const lapsed = (await Promise.all(fleets.map(lapsedOf))).reduce((sum, one) => sum + one, 0);
  return {
    barrierMs: median(took),
    lapsed,
    facts: {
      routers: live,
      'queries a second': Math.round(calm.queries),
      'CPU of the store’s server, % of a core': Math.round(calm.cpuPercent),
      'queries a second, around handovers': Math.round(hurried.queries),
      'CPU around handovers, % of a core': Math.round(hurried.cpuPercent),
      'barrier p50, ms': Math.round(median(took)),
      'barrier at most, ms': Math.round(Math.max(...took)),
      'CPU of the store’s server during a barrier, p50, ms': Math.round(
        median(costs.map(({ serverMs }) => serverMs)),
      ),
      'CPU of the simulated routers during a barrier, p50, ms': Math.round(
        median(costs.map(({ fleetMs }) => fleetMs)),
      ),
      'statements during a barrier, p50': median(costs.map(({ statements }) => statements)),
      'connections of the store’s server': await statusOf(admin, 'Threads_connected'),
      'leases found gone': lapsed,
    },
  };
}

async function startFleet(context: SoakContext, state: string, count: number): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./fleet-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, state, String(count), String(leaseMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.defer(() => child.kill('SIGTERM'));
  await once(createInterface({ input: child.stdout }), 'line', { signal: context.signal });
  return child;
}

async function lapsedOf(fleet: ChildProcess): Promise<number> {
  const line = once(createInterface({ input: fleet.stdout! }), 'line');
  fleet.kill('SIGUSR2');
  return Number(String((await line)[0]).replace('lapsed ', ''));
}

/** While all routers are waited for. */
interface BarrierCost {
  readonly serverMs: number;
  readonly fleetMs: number;
  readonly statements: number;
}

async function statusOf(admin: Connection, name: string): Promise<number> {
  const [[row]] = await admin.query<RowDataPacket[]>('SHOW GLOBAL STATUS LIKE ?', [name]);
  return Number(row?.Value);
}

async function costOf(admin: Connection, pid: number, work: () => Promise<unknown>) {
  const queries = () => statusOf(admin, 'Questions');
  const before = { queries: await queries(), cpu: cpuMicrosOf(pid), at: performance.now() };
  await work();
  const seconds = (performance.now() - before.at) / 1_000;
  return {
    queries: ((await queries()) - before.queries) / seconds,
    cpuPercent: (cpuMicrosOf(pid) - before.cpu) / 1e4 / seconds,
  };
}
