import type { Engine } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchPlan } from './bench.ts';
import { engineCases, planByEngine } from './mover-peers/by-engine.ts';

/** Beside one without any capture. */
const kinds = { Triggers: 'triggers', Binlog: 'binlog' } as const;

/**
 * What capture costs an application's writes: single-row updates of random items, each its own transaction, eight at a time,
 * with triggers, with a reader of the binary log, and with neither. The mover does not apply meanwhile: what it takes is not the
 * writer's. The CPU is the server's.
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
  const moves = {
    triggers: await openItemsMove(servers),
    binlog: await openItemsMove(servers, { capture: 'binlog' }),
  };
  context.defer(async () => {
    for (const move of Object.values(moves)) await move.close();
  });
  const seconds = context.quick ? 1 : 3;
  const sourcePid = servers.processes[0]!.pid;
  const subject = (name: string, capture: keyof typeof moves | null) => ({
    name: `${engine}${name}`,
    case: engine,
    async measure({ signal }: { readonly signal: AbortSignal }) {
      for (const move of Object.values(moves)) await move.dropCapture();
      if (capture !== null) await moves[capture].installCapture();
      await writeHard(servers.source, { rows, seconds: 0.5, signal });
      const before = cpuMicrosOf(sourcePid);
      const { writes, ...rest } = await writeHard(servers.source, { rows, seconds, signal });
      return { serverCpuMicrosPerWrite: (cpuMicrosOf(sourcePid) - before) / writes, ...rest };
    },
  });
  return {
    subjects: [
      subject('Plain', null),
      ...Object.entries(kinds).map(([name, capture]) => subject(name, capture)),
    ],
    ratios: Object.keys(kinds).flatMap((name) => {
      const pair = { of: `${engine}${name}`, over: `${engine}Plain` };
      const atLeast = name === 'Binlog' ? 0.99 : 0.88;
      return [
        { name: `${engine}${name}Throughput`, metric: 'writesPerSecond', ...pair, atLeast },
        { name: `${engine}${name}ServerCpu`, metric: 'serverCpuMicrosPerWrite', ...pair },
      ];
    }),
  };
}
