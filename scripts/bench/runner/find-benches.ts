import { readdir } from 'node:fs/promises';
import { BanyanError } from '../../../common/errors.ts';
import type { Bench } from '../bench.ts';

const folder = new URL('../', import.meta.url);
const notBenches: ReadonlySet<string> = new Set(['main.ts', 'bench.ts']);

/** Names of all benches: the modules beside `main.ts`. */
export async function benchNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.ts') && !notBenches.has(file))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
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
