import { fileURLToPath } from 'node:url';
import type { DeferIndexes } from '../../mover/index.ts';
import { type Engine, engines } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchPlan, BenchSubject, RatioSpec } from './bench.ts';
import { planByKind } from './mover-peers/by-engine.ts';
import type { Copied, CopyPeer } from './mover-peers/peers.ts';

/** What of it is measured: the plain copy with so many secondary indexes, several workers, growth with the table. */
const kinds = ['one', 'five', 'workers', 'memory'] as const;

const writesPerSecond = 300;

/**
 * Rows a second, CPU for each row and memory, beside what people do by hand; an application writes meanwhile. Each ends with an equal table,
 * or there is no number.
 */
export const bench: Bench = {
  name: 'copy',
  summary:
    'copying a table of 1 M rows to another server under 300 writes/s: banyan beside mydumper + myloader, dump | load and INSERT … SELECT',
  rounds: 3,
  minutes: 4,
  cases: `ENGINE/KIND of ${engines.join(', ')} and ${kinds.join(', ')} (default mariadb/one)`,
  setup: (context) =>
    planByKind(context, { kinds, usual: ['mariadb/one'], cases: bench.cases ?? '' }, planOf),
};

type Kind = (typeof kinds)[number];

interface BanyanSettings {
  readonly rows: number;
  readonly workers: number;
  readonly deferIndexes: DeferIndexes;
}

async function planOf(context: BenchContext, engine: Engine, kind: Kind): Promise<BenchPlan> {
  const [{ startMoverServers, serversCpu, runSql }, items, { besideWrites }, peers] = await Promise.all([
    import('./mover-peers/servers.ts'),
    import('./mover-peers/items.ts'),
    import('./mover-peers/writers.ts'),
    import('./mover-peers/peers.ts'),
  ]);
  const rows = context.quick ? 50_000 : 1_000_000;
  const indexes = kind === 'five' ? 5 : 1;
  const servers = await startMoverServers(context, engine);
  const { source, target } = servers;
  // A table of another size is made when a subject wants it.
  let filled = 0;
  const fill = async (wanted: number) => {
    if (filled === wanted) return;
    context.log(`filling the source (${engine}) with ${wanted} items`);
    await items.createItems(source, indexes);
    await items.fillItems(source, wanted);
    filled = wanted;
  };
  const subject = (
    name: string,
    how: 'current' | 'snapshot',
    copy: () => Promise<{ copied: Copied & { peakMemoryMB?: number }; end?: () => Promise<void> }>,
    size = rows,
  ): BenchSubject => ({
    name: `${engine}-${kind}-${name}`,
    case: `${engine}/${kind}`,
    async measure() {
      await fill(size);
      await items.createItems(target, indexes);
      const before = serversCpu(servers);
      const { result } = await besideWrites(source, { rows: size, perSecond: writesPerSecond }, copy);
      const serverCpu = serversCpu(servers) - before;
      await result.end?.();
      await items.assertEqualItems(source, target, how);
      const { seconds, cpuMicros, peakMemoryMB } = result.copied;
      return {
        rowsPerSecond: size / seconds,
        cpuMicrosPerRow: cpuMicros / size,
        serverCpuMicrosPerRow: serverCpu / size,
        ...(peakMemoryMB === undefined ? {} : { peakMemoryMB }),
      };
    },
  });
  const banyan = (name: string, { rows: size, workers, deferIndexes }: BanyanSettings) =>
    subject(
      name,
      'current',
      async () => {
        const child = await context.spawn({
          command: process.execPath,
          args: [
            fileURLToPath(new URL('mover-peers/banyan-copy.ts', import.meta.url)),
            JSON.stringify({ source, target, workers, deferIndexes }),
          ],
          ready: /^\{"seconds"/,
          readyWithinMs: 300_000,
        });
        return { copied: JSON.parse(child.ready), end: () => child.stop() };
      },
      size,
    );
  const full = (name: string) => `${engine}-${kind}-${name}`;
  if (kind === 'workers') {
    const counts = [1, 2, 4];
    return {
      subjects: counts.map((workers) => banyan(`banyan${workers}`, { rows, workers, deferIndexes: 'large' })),
      ratios: counts.slice(1).map((workers) => ({
        name: `${full(`speed${workers}Workers`)}`,
        metric: 'rowsPerSecond',
        of: full(`banyan${workers}`),
        over: full('banyan1'),
      })),
    };
  }
  if (kind === 'memory') {
    const sizes = { small: rows / 10, large: rows };
    return {
      subjects: Object.entries(sizes).map(([name, size]) =>
        banyan(name, { rows: size, workers: 4, deferIndexes: 'large' }),
      ),
      ratios: [
        {
          name: full('memoryGrowth'),
          metric: 'peakMemoryMB',
          of: full('large'),
          over: full('small'),
          atMost: 1.3,
        },
        { name: full('memoryMB'), metric: 'peakMemoryMB', of: full('large'), atMost: 200 },
      ],
    };
  }
  const subjects = [banyan('banyan', { rows, workers: 4, deferIndexes: 'large' })];
  const ratios: RatioSpec[] = [
    { name: full('memoryMB'), metric: 'peakMemoryMB', of: full('banyan'), atMost: 200 },
  ];
  if (kind === 'five') {
    subjects.push(banyan('rowByRow', { rows, workers: 4, deferIndexes: false }));
    const over = full('rowByRow');
    ratios.push({ name: full('deferIndexes'), metric: 'rowsPerSecond', of: full('banyan'), over });
  }
  const byHand: Readonly<Record<string, CopyPeer>> = {
    mydumper: await peers.mydumperAndMyloader(context),
    dump: await peers.dumpAndLoad(context),
    floor: await peers.insertSelect(),
  };
  await runSql(target, 'CREATE DATABASE floor');
  await items.createItems({ ...target, database: 'floor' }, 0);
  await items.fillItems({ ...target, database: 'floor' }, rows);
  for (const [name, copy] of Object.entries(byHand)) {
    if (copy === null) {
      context.log(`NOT MEASURED: ${name} is not on PATH and cannot be fetched on this machine`);
      continue;
    }
    subjects.push(subject(name, 'snapshot', async () => ({ copied: await copy(servers) })));
    const target = name === 'mydumper' ? { atLeast: 1.2 } : {};
    ratios.push({
      ...{ name: full(`copyVs${name[0]?.toUpperCase()}${name.slice(1)}`), metric: 'rowsPerSecond' },
      ...{ of: full('banyan'), over: full(name), ...target },
    });
  }
  return { subjects, ratios };
}
