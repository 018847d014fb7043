import type { Engine } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchPlan } from './bench.ts';
import { engineCases, planByEngine } from './mover-peers/by-engine.ts';

/** Every seventh row changes: about as many keys as a minute of a busy shop leaves while the mover is away. */
const share = 7;
const lockTimeoutMs = 10_000;

/** How fast a log of changed keys is worked off when nothing else goes on. Both sides are equal afterwards, or there is no number. */
export const bench: Bench = {
  name: 'apply',
  summary: 'working off a log of 140,000 changed keys: banyan beside a script of one connection each',
  rounds: 5,
  minutes: 4,
  cases: engineCases,
  setup: (context) => planByEngine(context, planOf),
};

async function planOf(context: BenchContext, engine: Engine): Promise<BenchPlan> {
  const [
    { runSql, serversCpu },
    { assertEqualItems },
    { copiedItems },
    { applyByHand },
    { timed },
    { logName },
    { quoteTable },
  ] = await Promise.all([
    import('./mover-peers/servers.ts'),
    import('./mover-peers/items.ts'),
    import('./mover-peers/copied-items.ts'),
    import('./mover-peers/apply-by-hand.ts'),
    import('./mover-peers/timed.ts'),
    import('../../mover/capture/triggers/capture-names.ts'),
    import('../../mover/sql/names.ts'),
  ]);
  const { servers, move, rows } = await copiedItems(context, engine);
  const { source, target } = servers;
  let turn = 0;
  const keys = Math.floor(rows / share);
  const subject = (name: string, fence: 'closed' | 'away', work: () => Promise<unknown>) => ({
    name: `${engine}-${name}`,
    case: engine,
    async measure() {
      if (fence === 'closed') await move.fence('target', { lockTimeoutMs });
      else {
        await move.openFence('target');
        await move.clearFence('target', { patienceMs: lockTimeoutMs });
      }
      turn = (turn + 1) % share;
      await runSql(source, `UPDATE items SET price = price + 1 WHERE id % ${share} = ${turn}`);
      const before = serversCpu(servers);
      const { seconds, cpuMicros } = await timed(work);
      const serverCpu = serversCpu(servers) - before;
      await assertEqualItems(source, target, 'current');
      return {
        keysPerSecond: keys / seconds,
        cpuMicrosPerKey: cpuMicros / keys,
        serverCpuMicrosPerKey: serverCpu / keys,
      };
    },
  });
  const banyan = subject('banyan', 'closed', async () => {
    const applier = move.startApplying();
    await applier.drain({ deadlineMs: 120_000 });
    await applier.stop();
  });
  const log = quoteTable('banyan', logName(source.database, 'items'));
  const byHand = subject('byHand', 'away', () => applyByHand(servers, log));
  return {
    subjects: [banyan, byHand],
    ratios: [
      {
        ...{ name: `${engine}KeysPerSecond`, metric: 'keysPerSecond', of: banyan.name },
        atLeast: 30_000,
      },
      { name: `${engine}VsByHand`, metric: 'keysPerSecond', of: banyan.name, over: byHand.name },
    ],
  };
}
