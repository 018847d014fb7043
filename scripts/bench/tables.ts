import type { Engine } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchPlan, BenchSubject } from './bench.ts';
import { engineCases, planByEngine } from './mover-peers/by-engine.ts';

const counts = [1, 300] as const;

/** The steps of a hold from the moment it is asked for to the decision. */
const beforeDecision: ReadonlySet<string> = new Set(['hold', 'barrier', 'fence', 'drain', 'look', 'decide']);

/** How long clients are held while a feature changes hands, by its number of tables. No router is there: theirs is another bench's. */
export const bench: Bench = {
  name: 'tables',
  summary: 'the hold of a handover of 300 tables beside one of a single table, step by step',
  rounds: 6,
  minutes: 4,
  cases: engineCases,
  setup: (context) => planByEngine(context, planOf),
};

async function planOf(context: BenchContext, engine: Engine): Promise<BenchPlan> {
  const [{ startMoverServers }, { startManyTables }] = await Promise.all([
    import('./mover-peers/servers.ts'),
    import('./mover-peers/many-tables.ts'),
  ]);
  const servers = await startMoverServers(context, engine);
  const subjects: BenchSubject[] = [];
  for (const count of counts) {
    context.log(`copying ${count} tables (${engine})`);
    const many = await startManyTables(context, servers, context.quick ? Math.ceil(count / 10) : count);
    subjects.push({
      name: `${engine}-${count}`,
      case: engine,
      async measure() {
        const { holdMs, steps } = await many.handOver();
        const decided = steps.filter(({ step }) => beforeDecision.has(step));
        return {
          decidedMs: decided.reduce((sum, { ms }) => sum + ms, 0),
          holdMs,
          ...Object.fromEntries(steps.map(({ step, ms }) => [`${step}StepMs`, ms])),
        };
      },
    });
  }
  const [one, many] = subjects.map(({ name }) => name) as [string, string];
  return {
    subjects,
    ratios: [
      { name: `${engine}Decided300TablesMs`, metric: 'decidedMs', of: many, atMost: 1_000 },
      { name: `${engine}Hold300Vs1`, metric: 'holdMs', of: many, over: one },
    ],
  };
}
