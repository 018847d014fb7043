import type { Engine } from '../servers/index.ts';
import type { Soak } from './soak.ts';

const engines: readonly Engine[] = ['mariadb', 'mysql'];

export const soak: Soak = {
  name: 'handovers',
  summary:
    'cutovers and rollbacks without end under traffic: memory, descriptors, connections and banyan’s own rows stay flat (500 on each engine, some 25 minutes)',
  async run(context) {
    const { handOverAndBack } = await import('./handovers/hand-over-and-back.ts');
    const facts: Record<string, number | string> = {};
    const failures: string[] = [];
    for (const engine of context.quick ? engines.slice(0, 1) : engines) {
      const outcome = await handOverAndBack(context, engine, context.quick ? 40 : 500);
      for (const [name, value] of Object.entries(outcome.facts)) facts[`${engine}: ${name}`] = value;
      failures.push(...outcome.failures.map((failure) => `${engine}: ${failure}`));
    }
    return { facts, failures };
  },
};
