import { BanyanError } from '../../../common/errors.ts';
import { moduleNames } from '../../runs/module-names.ts';
import type { Bench } from '../bench.ts';

const folder = new URL('../', import.meta.url);
const notBenches: ReadonlySet<string> = new Set(['main.ts', 'bench.ts']);

/** Names of all benches: the modules beside `main.ts`. */
export function benchNames(): Promise<string[]> {
  return moduleNames(folder, notBenches);
}

export async function loadBench(name: string): Promise<Bench> {
  const names = await benchNames();
  if (!names.includes(name)) {
    throw new BanyanError('BANYAN_BENCH_UNKNOWN', `There is no bench named "${name}".`, {
      fix: `Run one of: ${names.join(', ') || '(none yet)'}.`,
    });
  }
  const module: { bench?: Bench } = await import(new URL(`${name}.ts`, folder).href);
  if (module.bench === undefined) throw new Error(`scripts/bench/${name}.ts does not export \`bench\``);
  return module.bench;
}
