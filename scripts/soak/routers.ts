import { Option } from 'commander';
import { z } from 'zod';
import { wholeNumber } from '../runs/whole-number.ts';
import type { Soak } from './soak.ts';

const flagsOf = z.object({
  engine: z.enum(['mariadb', 'mysql']).optional(),
  routers: z.number().min(2).default(1_000),
});
/** From the hold until every router has confirmed it, milliseconds. */
const barrierAtMost = 1_000;

export const soak: Soak = {
  name: 'routers',
  summary:
    'a thousand routers beat one state store: what that costs its server, and how long a barrier waits for all of them (under a second); 3 minutes',
  options: [
    new Option('--engine <engine>', 'on this one').choices(['mariadb', 'mysql']),
    new Option('--routers <n>', 'how many (1000)').argParser(wholeNumber),
  ],
  async run(context) {
    const { measureFleet } = await import('./routers/measure-fleet.ts');
    const facts: Record<string, number | string> = {};
    const failures: string[] = [];
    const flags = flagsOf.parse(context.flags);
    const routers = context.quick ? 200 : flags.routers;
    const engines = flags.engine ? [flags.engine] : (['mariadb', 'mysql'] as const);
    for (const engine of context.quick ? engines.slice(0, 1) : engines) {
      const fleet = await measureFleet(context, engine, { routers });
      for (const [name, value] of Object.entries(fleet.facts)) facts[`${engine}: ${name}`] = value;
      if (fleet.barrierMs > barrierAtMost) {
        failures.push(`${engine}: the median barrier took ${Math.round(fleet.barrierMs)} ms`);
      }
      if (fleet.lapsed > 0) failures.push(`${engine}: ${fleet.lapsed} routers lost their lease`);
    }
    return { facts, failures };
  },
};
