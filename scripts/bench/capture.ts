import { fileURLToPath } from 'node:url';
import type { Engine } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchPlan } from './bench.ts';
import { engineCases, planByEngine } from './mover-peers/by-engine.ts';

/** Beside one without any capture. */
const kinds = ['Triggers', 'Binlog'] as const;

/**
 * What capture costs an application's writes: single-row updates of random items, each its own transaction, eight at a time,
 * with triggers, with a reader of the binary log, and with neither. The mover does not apply meanwhile: what it takes is not the
 * writer's. The CPU of a write is the server's; the reader, a process of its own that shares this machine's cores with server and
 * writers, has its own.
 */
export const bench: Bench = {
  name: 'capture',
  summary: 'what capture costs each single-row update on the source, on MariaDB and MySQL',
  rounds: 9,
  minutes: 4,
  cases: engineCases,
  setup: (context) => planByEngine(context, planOf),
};

async function planOf(context: BenchContext, engine: Engine): Promise<BenchPlan> {
  const [{ startMoverServers }, items, { openItemsMove }, { writeHard }, { cpuMicrosOf }] = await Promise.all(
    [
      import('./mover-peers/servers.ts'),
      import('./mover-peers/items.ts'),
      import('./mover-peers/items-move.ts'),
      import('./mover-peers/writers.ts'),
      import('../runs/cpu-time.ts'),
    ],
  );
  const rows = context.quick ? 5_000 : 100_000;
  const servers = await startMoverServers(context, engine);
  for (const endpoint of [servers.source, servers.target]) await items.createItems(endpoint, 1);
  await items.fillItems(servers.source, rows);
  const triggers = await openItemsMove(servers);
  context.defer(() => triggers.close());
  const seconds = context.quick ? 1 : 3;
  const sourcePid = servers.processes[0]!.pid;
  const { source, target } = servers;
  const startReader = () =>
    context.spawn({
      command: process.execPath,
      args: [
        fileURLToPath(new URL('mover-peers/banyan-binlog.ts', import.meta.url)),
        JSON.stringify({ source, target }),
      ],
      ready: /^reading/,
    });
  const subject = (name: string, capture: (typeof kinds)[number] | null) => ({
    name: `${engine}${name}`,
    case: engine,
    async measure({ signal }: { readonly signal: AbortSignal }) {
      await triggers.dropCapture();
      if (capture === 'Triggers') await triggers.installCapture();
      const reader = capture === 'Binlog' ? await startReader() : null;
      await writeHard(source, { rows, seconds: 0.5, signal });
      const before = cpuMicrosOf(sourcePid);
      const readerBefore = reader?.cpuMicros() ?? 0;
      const { writes, ...rest } = await writeHard(source, { rows, seconds, signal });
      const serverCpu = cpuMicrosOf(sourcePid) - before;
      const readerCpu = (reader?.cpuMicros() ?? 0) - readerBefore;
      await reader?.stop();
      return {
        serverCpuMicrosPerWrite: serverCpu / writes,
        ...(reader === null ? {} : { readerCpuMicrosPerWrite: readerCpu / writes }),
        ...rest,
      };
    },
  });
  return {
    subjects: [subject('Plain', null), ...kinds.map((name) => subject(name, name))],
    ratios: kinds.flatMap((name) => {
      const pair = { of: `${engine}${name}`, over: `${engine}Plain` };
      const atLeast = name === 'Binlog' ? 0.99 : 0.88;
      return [
        { name: `${engine}${name}Throughput`, metric: 'writesPerSecond', ...pair, atLeast },
        { name: `${engine}${name}ServerCpu`, metric: 'serverCpuMicrosPerWrite', ...pair },
      ];
    }),
  };
}
