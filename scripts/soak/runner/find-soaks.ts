import { BanyanError } from '../../../common/errors.ts';
import { moduleNames } from '../../runs/module-names.ts';
import type { Soak } from '../soak.ts';

const folder = new URL('../', import.meta.url);
const notSoaks: ReadonlySet<string> = new Set(['main.ts', 'soak.ts']);

/** Names of all soaks: the modules beside `main.ts`. */
export function soakNames(): Promise<string[]> {
  return moduleNames(folder, notSoaks);
}

export async function loadSoak(name: string): Promise<Soak> {
  const names = await soakNames();
  if (!names.includes(name)) {
    throw new BanyanError('BANYAN_SOAK_UNKNOWN', `There is no soak named "${name}".`, {
      fix: `Run one of: ${names.join(', ') || '(none yet)'}.`,
    });
  }
  const module: { soak?: Soak } = await import(new URL(`${name}.ts`, folder).href);
  if (module.soak === undefined) throw new Error(`scripts/soak/${name}.ts does not export \`soak\``);
  return module.soak;
}
