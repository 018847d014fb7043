import type { Engine } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchPlan } from './bench.ts';
import { engineCases, planByEngine } from './mover-peers/by-engine.ts';

/** Comparing a copied table on both servers, when nothing else goes on. */
export const bench: Bench = {
  name: 'verify',
  summary: 'comparing a table of 1 M rows on two servers: banyan beside CHECKSUM TABLE and chunks of CRC32',
  rounds: 5,
  minutes: 4,
  cases: engineCases,
  setup: (context) => planByEngine(context, planOf),
};

async function planOf(context: BenchContext, engine: Engine): Promise<BenchPlan> {
  const [{ runSql, serversCpu }, { copiedItems }, { checksumChunks }, { timed }] = await Promise.all([
    import('./mover-peers/servers.ts'),
    import('./mover-peers/copied-items.ts'),
    import('./mover-peers/checksum-chunks.ts'),
    import('./mover-peers/timed.ts'),
  ]);
  const { servers, move, rows } = await copiedItems(context, engine);
  const { source, target } = servers;
  const subject = (name: string, compare: () => Promise<boolean>) => ({
    name: `${engine}-${name}`,
    case: engine,
    async measure() {
      const before = serversCpu(servers);
      let equal = false;
      const { seconds, cpuMicros } = await timed(async () => {
        equal = await compare();
      });
      if (!equal) throw new Error('it calls the two sides different, which are equal');
      return {
        rowsPerSecond: rows / seconds,
        cpuMicrosPerRow: cpuMicros / rows,
        serverCpuMicrosPerRow: (serversCpu(servers) - before) / rows,
      };
    },
  });
  const banyan = subject('banyan', async () => {
    const { rowsCompared, different, unsettled } = await move.verify();
    return rowsCompared === rows && different + unsettled === 0;
  });
  const table = subject('checksumTable', async () => {
    const [here, there] = await Promise.all(
      [source, target].map((endpoint) => runSql(endpoint, 'CHECKSUM TABLE items')),
    );
    return here?.[0]?.Checksum === there?.[0]?.Checksum;
  });
  const chunks = subject('checksumChunks', () => checksumChunks(servers, rows));
  return {
    subjects: [banyan, table, chunks],
    ratios: [table, chunks].map(({ name }) => ({
      name: `${banyan.name}Vs${name.split('-')[1]}`,
      metric: 'rowsPerSecond',
      of: banyan.name,
      over: name,
    })),
  };
}
