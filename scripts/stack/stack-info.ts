import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localUrl } from './parts/index.ts';
import type { StackDatabases, StackSettings } from './stack-settings.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** Where everything of a running stack is: what `--info FILE` writes. */
export interface StackInfo {
  /** One for each replica. */
  readonly router: readonly string[];
  /** `/readyz`, `/livez` and `/metrics` of each replica; empty while it is not running. */
  readonly routerHealth: readonly string[];
  readonly legacy: string;
  /** The product service's `/readyz`, `/livez` and `/metrics`; empty while it is not running. */
  readonly productHealth: string;
  readonly admin: { readonly url: string; readonly tokenFile: string };
  /** Legacy's and the services', as their administrator. */
  readonly databases: StackDatabases;
  /** Process ids, by the name that the process's log has. */
  readonly processes: StackProcesses;
  /** Where the services are, by the names of their processes: in words. */
  readonly places: Readonly<Record<string, string>>;
  /** What a command in another shell needs in its environment to read the same config. */
  readonly environment: Readonly<Record<string, string>>;
}

type StackProcesses = Readonly<Record<string, number | readonly number[]>> & {
  readonly router: readonly number[];
  readonly legacy: number;
  readonly product: number;
  readonly control: number;
  readonly legacyDb: number;
  readonly productDb: number;
};

export function stackInfo(
  settings: StackSettings,
  processes: ReadonlyMap<string, SupervisedProcess>,
): StackInfo {
  const fact = (name: string, fact: string) => String(processes.get(name)?.facts[fact] ?? '');
  const routers = settings.routerPorts.map((_, index) => `router${index}`);
  const pids = [...processes]
    .filter(([name]) => !routers.includes(name))
    .map(([name, { pid }]) => [name, pid]);
  return {
    router: settings.routerPorts.map((port) => `http://127.0.0.1:${port}`),
    routerHealth: routers.map((name) => fact(name, 'adminUrl')),
    legacy: localUrl(settings, 'LEGACY'),
    productHealth: fact('product', 'healthUrl'),
    admin: { url: localUrl(settings, 'CONTROL'), tokenFile: join(settings.dataDir, 'admin-token') },
    databases: settings.databases,
    processes: {
      ...Object.fromEntries(pids),
      router: routers.map((name) => processes.get(name)?.pid ?? -1),
    } as StackProcesses,
    places: Object.assign({}, ...settings.parts.map(({ places }) => places(settings))),
    environment: settings.unusual,
  };
}

/** Replaces the file in one step: whoever reads it sees the old one or the new one, never half of one. */
export async function writeStackInfo(file: string, info: StackInfo): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  await writeFile(partial, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, file);
}
