import { setTimeout as wait } from 'node:timers/promises';
import { errno, errnoOf } from '../../../mover/sql/sql-error.ts';
import type { Database, Sleeper } from './database.ts';
import type { DatabaseName, LinkName, ProgramName, World } from './world.ts';

/** One thing that goes wrong, and is put right again without banyan's help. */
export interface Fault {
  readonly kind: FaultKind;
  readonly target: string;
  /** Breaks it, waits, puts it right. Resolves when it is right again. */
  strike(world: World): Promise<void>;
  /** Whether clients may get other answers than 2xx, and a 503 that says when to come again, while it lasts. */
  readonly clientsMayFail: boolean;
  /**
   * Whether routers may be cut off for longer than their lease: they go by the last table that they had, so that the fence may refuse
   * a write, and a read may be answered by the side that owned the rows then.
   */
  readonly routersMayBeOutdated: boolean;
  /** Whether `status` has to say that something is wrong, from a while after it began until it is over. */
  readonly told: boolean;
  /** How long what it struck may need to be itself again, beyond what banyan may, ms. */
  readonly afterMs: number;
}

/** Only what differs from most. */
type Trait = Pick<Fault, 'kind' | 'target' | 'clientsMayFail' | 'strike'> & Partial<Fault>;

function fault(trait: Trait): Fault {
  return { told: false, routersMayBeOutdated: false, afterMs: 0, ...trait };
}

export type FaultKind = (typeof faultKinds)[number];
export const faultKinds = [
  'kill -9',
  'SIGSTOP',
  'reset',
  'cut',
  'silence',
  'read-only',
  'too many connections',
  'KILL',
  'disk full',
] as const;

/** Longer than every lease and its margin, and long enough for `status` to say so. */
export const outageMs = 4_000;

/** A server that found no room looks again once a minute, and nothing makes it look sooner. */
const looksAgainMs = 65_000;

const programs: readonly ProgramName[] = ['control', 'router', 'legacyApp', 'serviceApp', 'mover'];
const databases: readonly DatabaseName[] = ['legacy', 'service', 'store'];
const controlLinks: readonly LinkName[] = ['control-legacy', 'control-service', 'control-store'];
const routerLinks: readonly LinkName[] = ['routers-store', 'routers-legacyApp', 'routers-serviceApp'];

/** Every fault that there is: each kind with each part that it can strike. The mover runs in control. */
export const faults: readonly Fault[] = [
  ...programs.flatMap((name) => {
    const about = { target: name, clientsMayFail: name !== 'control' && name !== 'mover' };
    return [
      fault({
        ...about,
        kind: 'kill -9',
        async strike({ programs }) {
          await programs[name].kill();
          await programs[name].start();
        },
      }),
      fault({
        ...about,
        kind: 'SIGSTOP',
        async strike({ programs }) {
          programs[name].freeze();
          await wait(outageMs);
          programs[name].wake();
        },
      }),
    ];
  }),
  ...databases.flatMap((name) => {
    const about = { target: `${name} database`, clientsMayFail: name !== 'store', told: name !== 'store' };
    return [
      fault({
        ...about,
        kind: 'kill -9',
        told: false,
        async strike({ databases }) {
          await databases[name].kill();
          await databases[name].start();
        },
      }),
      fault({
        ...about,
        kind: 'SIGSTOP',
        async strike({ databases }) {
          databases[name].freeze();
          await wait(outageMs);
          databases[name].wake();
        },
      }),
      fault({
        ...about,
        kind: 'read-only',
        // Where nothing has to be carried over nobody writes.
        told: false,
        async strike({ databases }) {
          const database = databases[name];
          const variable = database.engine === 'mysql' ? 'super_read_only' : 'read_only';
          await database.query(`SET GLOBAL ${variable} = 1`);
          await wait(outageMs);
          await database.query('SET GLOBAL read_only = 0');
        },
      }),
      fault({
        ...about,
        kind: 'too many connections',
        strike: ({ databases }) => tooManyConnections(databases[name]),
      }),
      fault({
        ...about,
        kind: 'KILL',
        told: false,
        async strike({ databases }) {
          // Every connection of the moment is ended by the server, in the middle of whatever it does.
          await killConnections(databases[name]);
          await wait(300);
          await killConnections(databases[name]);
        },
      }),
      fault({
        ...about,
        kind: 'disk full',
        told: false,
        afterMs: looksAgainMs,
        async strike({ databases }) {
          const { volume } = databases[name];
          if (volume === null) throw new Error('only root can make a file system that is full');
          await volume.fill();
          await wait(outageMs);
          await volume.free();
        },
      }),
    ];
  }),
  ...[...controlLinks, ...routerLinks].flatMap((name) => {
    const about = {
      target: name,
      clientsMayFail: name.endsWith('App'),
      told: name === 'control-legacy' || name === 'control-service',
    };
    const routersMayBeOutdated = name === 'routers-store';
    const during = (weather: 'cut' | 'silent') => async (world: World) => {
      world.links[name].setWeather(weather);
      await wait(outageMs);
      world.links[name].setWeather('well');
    };
    return [
      fault({
        ...about,
        kind: 'reset',
        told: false,
        async strike({ links }) {
          // Several times, so that it meets a statement on its way.
          for (let time = 0; time < 5; time++) {
            links[name].resetAll();
            await wait(60);
          }
        },
      }),
      fault({ ...about, routersMayBeOutdated, kind: 'cut', strike: during('cut') }),
      fault({ ...about, routersMayBeOutdated, kind: 'silence', strike: during('silent') }),
    ];
  }),
];

/** The server has no room for another client: banyan's and the application's connections are ended and cannot come back. */
async function tooManyConnections(database: Database): Promise<void> {
  const [before] = await database.query('SELECT @@GLOBAL.max_connections AS most');
  // 10 is the least that MariaDB takes. Whoever gets in beside them is an administrator too.
  const crowd = await Promise.all(Array.from({ length: 10 }, () => database.sleeper()));
  const [first] = crowd as [Sleeper, ...Sleeper[]];
  try {
    await first.query('SET GLOBAL max_connections = 10');
    await killAll(first);
    await wait(outageMs);
  } finally {
    await first.query(`SET GLOBAL max_connections = ${Number(before?.most)}`);
    await Promise.all(crowd.map((one) => one.end()));
  }
}

async function killConnections(database: Database): Promise<void> {
  const by = await database.sleeper();
  try {
    await killAll(by);
  } finally {
    await by.end();
  }
}

async function killAll(by: Sleeper): Promise<void> {
  const sessions = await by.query(
    "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER IN ('banyan', 'app')",
  );
  for (const { id } of sessions) {
    // It may have ended by itself.
    await by.query(`KILL ${Number(id)}`).catch((error: unknown) => {
      if (errnoOf(error) !== errno.unknownThread) throw error;
    });
  }
}
