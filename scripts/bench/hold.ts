import type { Bench, BenchContext, BenchSubject } from './bench.ts';

const writesPerSecond = 500;
/** With `--quick`: to try it out on a machine that is busy otherwise. */
const fewWritesPerSecond = 50;

/**
 * How long a handover holds writes while they come at a fixed rate through two routers, and which of its steps takes the time: the
 * demo shop's products, to the service and back.
 */
export const bench: Bench = {
  name: 'hold',
  summary: `how long cutovers and rollbacks hold writes under ${writesPerSecond} a second, and each step's share; 50 on each engine`,
  // All handovers of one round: of a smaller number there is no 99th percentile.
  rounds: 1,
  cases: 'the engine: mariadb,mysql',
  async setup(context) {
    const { engines, findServerProgram } = await import('../servers/index.ts');
    for (const engine of engines) await findServerProgram(engine);
    const { cases } = context;
    const chosen = engines.filter((engine) => cases === null || cases.includes(engine));
    return { subjects: chosen.map((engine) => subjectOf(context, engine)), ratios: [] };
  },
};

function subjectOf(context: BenchContext, engine: 'mariadb' | 'mysql'): BenchSubject {
  return {
    name: engine,
    case: engine,
    async measure({ index, signal }) {
      const handovers = index === 0 ? 4 : context.quick ? 10 : 50;
      const { measureHolds } = await import('./hold-load/measure-holds.ts');
      const rate = context.quick ? fewWritesPerSecond : writesPerSecond;
      return measureHolds({ context, engine, handovers, writesPerSecond: rate, signal });
    },
  };
}
