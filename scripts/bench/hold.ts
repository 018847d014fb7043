import { BanyanError } from '../../common/errors.ts';
import type { Engine } from '../servers/engine.ts';
import type { Bench, BenchContext, BenchSubject } from './bench.ts';

const writesPerSecond = 500;
/** With `--quick`: to try it out on a machine that is busy otherwise. */
const fewWritesPerSecond = 50;
/** Of how long writes are held under `writesPerSecond`, milliseconds. */
const targets = { heldP50Ms: 100, heldP99Ms: 400 } as const;

interface Case {
  readonly name: string;
  readonly engine: Engine;
  readonly perSecond: number;
}

/**
 * How long a handover holds writes while they come at a fixed rate through two routers, and which of its steps takes the time: the
 * demo shop's products, to the service and back.
 */
export const bench: Bench = {
  name: 'hold',
  summary: `how long cutovers and rollbacks hold writes under ${writesPerSecond} a second, each step's share, and the cores that each part uses; 50 on each engine`,
  // All handovers of one round: of a smaller number there is no 99th percentile.
  rounds: 1,
  cases: 'the engine, and how many writes a second where that is not 500: mariadb,mysql@250',
  async setup(context) {
    const { engines, findServerProgram } = await import('../servers/index.ts');
    for (const engine of engines) await findServerProgram(engine);
    const chosen = (context.cases ?? engines).map((name) => caseOf(name, context.quick, engines));
    return {
      subjects: chosen.map((one) => subjectOf(context, one)),
      ratios: chosen
        .filter(({ perSecond }) => perSecond === writesPerSecond)
        .flatMap(({ name }) =>
          Object.entries(targets).map(([metric, atMost]) => ({
            ...{ name: `${metric}, ${name}`, metric, of: name, atMost },
          })),
        ),
    };
  },
};

function caseOf(name: string, quick: boolean, engines: readonly Engine[]): Case {
  const [, named, rate] = /^(\w+)(?:@(\d+))?$/.exec(name) ?? [];
  const engine = engines.find((one) => one === named);
  if (engine === undefined) {
    throw new BanyanError('BANYAN_BENCH_UNKNOWN', `"${name}" is no case of this bench.`, {
      fix: 'Write an engine, with a rate where it is another than 500: mariadb, mysql, or mysql@250.',
    });
  }
  const perSecond = rate === undefined ? (quick ? fewWritesPerSecond : writesPerSecond) : Number(rate);
  return { name, engine, perSecond };
}

function subjectOf(context: BenchContext, { name, engine, perSecond }: Case): BenchSubject {
  return {
    name,
    case: name,
    async measure({ index, signal }) {
      const handovers = index === 0 ? 4 : context.quick ? 10 : 50;
      const { measureHolds } = await import('./hold-load/measure-holds.ts');
      return measureHolds({ context, engine, handovers, writesPerSecond: perSecond, signal });
    },
  };
}
