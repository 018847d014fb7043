import { fileURLToPath } from 'node:url';
import { type Engine, engines } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchPlan, RatioSpec } from './bench.ts';
import type { Running } from './mover-peers/bare-capture.ts';
import { planByKind } from './mover-peers/by-engine.ts';

/** How a write is noticed; the two peers are the least that any tool of that kind costs: one INSERT in a trigger, one copy of the log's bytes. */
type Capture = 'Plain' | 'BareTrigger' | 'Triggers' | 'BareBinlog' | 'Binlog';

/** How many write at a time: eight leave no core free, and beside one there is one for whoever reads the log. */
const loads = { saturated: 8, 'one-writer': 1 } as const;
type Load = keyof typeof loads;

/**
 * What capture costs an application's writes: single-row updates of random items, each its own transaction, eight at a time or one, on servers
 * that write each commit to the disk. The mover does not apply meanwhile: what it takes is not the writer's. The CPU of a write is the
 * server's; a reader of the binary log, a process of its own that shares this machine's cores with server and writers, has its own.
 */
export const bench: Bench = {
  name: 'capture',
  summary: 'what capture costs each single-row update on the source, on MariaDB and MySQL',
  rounds: 9,
  minutes: 8,
  cases: `ENGINE of ${engines.join(', ')}, or ENGINE/one-writer, with a core left for a reader (default both engines)`,
  setup: (context) =>
    planByKind(
      context,
      {
        kinds: Object.keys(loads) as Load[],
        engineAlone: 'saturated',
        usual: engines,
        cases: bench.cases ?? '',
      },
      planOf,
    ),
};

async function planOf(
  context: BenchContext,
  engine: Engine,
  load: Load,
  caseName: string,
): Promise<BenchPlan> {
  const named = load === 'saturated' ? engine : `${engine}OneWriter`;
  const atATime = loads[load];
  const [{ startMoverServers }, items, { openItemsMove }, { writeHard }, { cpuMicrosOf }, bare] =
    await Promise.all([
      import('./mover-peers/servers.ts'),
      import('./mover-peers/items.ts'),
      import('./mover-peers/items-move.ts'),
      import('./mover-peers/writers.ts'),
      import('../runs/cpu-time.ts'),
      import('./mover-peers/bare-capture.ts'),
    ]);
  const rows = context.quick ? 5_000 : 100_000;
  const servers = await startMoverServers(context, engine, { durable: true });
  for (const endpoint of [servers.source, servers.target]) await items.createItems(endpoint, 1);
  await items.fillItems(servers.source, rows);
  const triggers = await openItemsMove(servers);
  context.defer(() => triggers.close());
  const seconds = context.quick ? 1 : 3;
  // A reader runs for as long as a feature moves: what Node compiles in its first seconds is not the price of a write.
  const warm = (kind: Capture) => (kind.endsWith('Binlog') && !context.quick ? 4 : 0.5);
  const sourcePid = servers.processes[0]!.pid;
  const { source, target } = servers;
  const readLog = () =>
    context.spawn({
      command: process.execPath,
      args: [
        fileURLToPath(new URL('mover-peers/banyan-binlog.ts', import.meta.url)),
        JSON.stringify({ source, target }),
      ],
      ready: /^reading/,
    });
  const copyLog = await bare.bareBinlogReader(context, engine, source);
  const begin: Record<Capture, () => Promise<Running>> = {
    Plain: async () => bare.nothing,
    BareTrigger: () => bare.bareTrigger(source),
    Triggers: async () => {
      await triggers.installCapture();
      return { cpuMicros: () => 0, stop: () => triggers.dropCapture() };
    },
    BareBinlog: async () => (copyLog === null ? bare.nothing : copyLog()),
    Binlog: readLog,
  };
  const kinds: Capture[] = [
    'Plain',
    'BareTrigger',
    'Triggers',
    ...(copyLog === null ? [] : ['BareBinlog' as const]),
    'Binlog',
  ];
  const subject = (kind: Capture) => ({
    name: `${named}${kind}`,
    case: caseName,
    async measure({ signal }: { readonly signal: AbortSignal }) {
      const capture = await begin[kind]();
      try {
        await writeHard(source, { rows, seconds: warm(kind), signal, atATime });
        const before = cpuMicrosOf(sourcePid);
        const readerBefore = capture.cpuMicros();
        const { writes, ...rest } = await writeHard(source, { rows, seconds, signal, atATime });
        return {
          serverCpuMicrosPerWrite: (cpuMicrosOf(sourcePid) - before) / writes,
          readerCpuMicrosPerWrite: (capture.cpuMicros() - readerBefore) / writes,
          ...rest,
        };
      } finally {
        await capture.stop();
      }
    },
  });
  const ratio = (of: Capture, over: Capture, atLeast?: number): RatioSpec[] => {
    if (!kinds.includes(over)) return [];
    const pair = { of: `${named}${of}`, over: `${named}${over}` };
    const name = `${named}${of}${over === 'Plain' ? '' : `Vs${over}`}`;
    return [
      {
        name: `${name}Throughput`,
        metric: 'writesPerSecond',
        ...pair,
        ...(atLeast === undefined ? {} : { atLeast }),
      },
      { name: `${name}ServerCpu`, metric: 'serverCpuMicrosPerWrite', ...pair },
    ];
  };
  return {
    subjects: kinds.map(subject),
    ratios: [
      ...ratio('Triggers', 'Plain', 0.88),
      ...ratio('Triggers', 'BareTrigger'),
      ...ratio('Binlog', 'Plain', 0.99),
      ...ratio('Binlog', 'BareBinlog'),
      ...ratio('BareBinlog', 'Plain'),
      ...(kinds.includes('BareBinlog')
        ? [
            {
              name: `${named}BinlogVsBareBinlogReaderCpu`,
              metric: 'readerCpuMicrosPerWrite',
              ...{ of: `${named}Binlog`, over: `${named}BareBinlog` },
            },
          ]
        : []),
    ],
  };
}
