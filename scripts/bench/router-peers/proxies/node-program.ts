import { fileURLToPath } from 'node:url';
import type { BenchContext } from '../../bench.ts';
import { type RunningProxy, withDescriptors } from './proxy.ts';

/** Starts one of the programs beside this folder, by its name; it says `ready URL` once it serves. */
export async function startNode(
  context: BenchContext,
  name: string,
  ...args: string[]
): Promise<RunningProxy> {
  const script = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  const child = await context.spawn({
    ...withDescriptors([process.execPath, script, ...args]),
    env: { NODE_ENV: 'production' },
    ready: /^ready (\S+)$/,
  });
  return { url: child.ready.replace(/^ready /, ''), process: child };
}
