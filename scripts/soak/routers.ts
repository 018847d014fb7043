import type { Engine } from '../servers/index.ts';
import type { Soak } from './soak.ts';

const engines: readonly Engine[] = ['mariadb', 'mysql'];
/** From the hold until every router has confirmed it, milliseconds. */
const barrierAtMost = 1_000;

export const soak: Soak = {
  name: 'routers',
  summary:
    'a thousand routers beat one state store: what that costs its server, and how long a barrier waits for all of them (under a second); 3 minutes',
  async run(context) {
    const { measureFleet } = await import('./routers/measure-fleet.ts');
    const facts: Record<string, number | string> = {};
    const failures: string[] = [];
    const routers = context.quick ? 200 : 1_000;
    for (const engine of context.quick ? engines.slice(0, 1) : engines) {
      const fleet = await measureFleet(context, engine, routers);
      for (const [name, value] of Object.entries(fleet.facts)) facts[`${engine}: ${name}`] = value;
      if (fleet.barrierMs > barrierAtMost) {
        failures.push(`${engine}: the median barrier took ${Math.round(fleet.barrierMs)} ms`);
      }
      if (fleet.lapsed > 0) failures.push(`${engine}: ${fleet.lapsed} routers lost their lease`);
    }
    return { facts, failures };
  },
};
