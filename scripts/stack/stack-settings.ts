import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { type Engine, freePorts } from '../servers/index.ts';
import { type PartName, type StackPart, type StackPort, stackParts } from './parts/index.ts';

/** The repository: where `banyan.config.ts` and the programs are. */
export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

export interface StackOptions {
  readonly engine: Engine;
  /** Products that the legacy database is filled with. */
  readonly rows: number;
  /** Router replicas, from 1. */
  readonly routers: number;
  /** Start a process that dies again. */
  readonly restart: boolean;
  /** The shop's services that run beside the monolith. Left out: the product service alone. */
  readonly parts?: readonly PartName[];
  /** The monolith's faces as a process each, behind one address. */
  readonly faces?: boolean;
  /** Share of ordinary requests in the routers' access logs, 0 to 1. Left out: what the config says. */
  readonly accessLog?: number;
}

/** Everything that is fixed before the first process starts. */
export interface StackSettings extends Omit<StackOptions, 'parts'> {
  /** Absolute. */
  readonly dataDir: string;
  readonly parts: readonly StackPart[];
  /** One for each replica. */
  readonly routerPorts: readonly number[];
  /** All others, by the name in their variable. */
  readonly ports: Readonly<Record<string, number>>;
  /** Legacy's and the parts', as their administrator. */
  readonly databases: StackDatabases;
  /** Who the stack's own programs sign in as; each service has its database's name, all the administrator's password. */
  readonly accounts: { readonly banyan: string; readonly shop: string };
  /** What every process of the stack gets, so that each reads the same config. */
  readonly environment: Readonly<Record<string, string>>;
  /** What of it a command in another shell lacks, which reads `banyan.config.ts` with its defaults; never the password. */
  readonly unusual: Readonly<Record<string, string>>;
}

export type StackDatabases = Readonly<Record<string, DatabaseEndpoint>> & {
  readonly legacy: DatabaseEndpoint;
  readonly product: DatabaseEndpoint;
};

/** What every stack has. */
const commonPorts: readonly StackPort[] = [
  { name: 'LEGACY', usual: 7401, whose: 'the monolith' },
  { name: 'CONTROL', usual: 7410, whose: 'the control process' },
  { name: 'LEGACY_DB', usual: 7431, whose: "legacy's database" },
];
const facePorts: readonly StackPort[] = [
  { name: 'USER_API', usual: 7411, whose: "the monolith's user API" },
  { name: 'ADMIN', usual: 7412, whose: "the monolith's admin face" },
  { name: 'SHOP_OWNER', usual: 7413, whose: "the monolith's shop-owner face" },
];

/** Every port that these parts need, but the routers'. */
export function stackPorts(parts: readonly StackPart[], faces: boolean): readonly StackPort[] {
  return [
    ...commonPorts,
    ...(faces ? facePorts : []),
    ...parts.flatMap(({ ports, database }) => [...ports, ...(database === undefined ? [] : [database.port])]),
  ];
}

/** Reads the environment: the same variables, with the same defaults, as `banyan.config.ts`. */
export async function stackSettings(
  { parts: names = ['product'], ...options }: StackOptions,
  env: NodeJS.ProcessEnv,
): Promise<StackSettings> {
  const parts = names.map((name) => stackParts[name]);
  const port = (name: string, usual: number) => Number(env[`BANYAN_${name}_PORT`] ?? usual);
  const routerPort = port('ROUTER', 7400);
  const wanted = stackPorts(parts, options.faces ?? false);
  const ports = Object.fromEntries(wanted.map(({ name, usual }) => [name, port(name, usual)]));
  const password = env.BANYAN_DB_PASSWORD ?? 'banyan';
  const dataDir = resolve(repositoryRoot, env.BANYAN_DATA_DIR ?? '.banyan');
  const replicas = await replicaPorts(options.routers - 1, routerPort);
  const account = { host: '127.0.0.1', user: 'administrator', password };
  const owned = parts.flatMap(({ database }) => database ?? []);
  const settings = {
    ...options,
    dataDir,
    parts,
    routerPorts: [routerPort, ...replicas],
    ports,
    databases: {
      legacy: { ...account, port: ports.LEGACY_DB!, database: 'shop' },
      ...Object.fromEntries(
        owned.map(({ name, port }) => [name, { ...account, port: ports[port.name]!, database: name }]),
      ),
    } as StackDatabases,
    accounts: { banyan: 'banyan', shop: 'shop' },
    environment: {
      ...configVariables(names, { ...ports, ROUTER: routerPort }, dataDir),
      BANYAN_DB_PASSWORD: password,
      ...Object.assign({}, ...parts.map(({ environment }) => environment)),
    } as Readonly<Record<string, string>>,
  };
  const usualPorts = Object.fromEntries(wanted.map(({ name, usual }) => [name, usual]));
  const usual: Readonly<Record<string, string>> = {
    ...configVariables(['product'], { ...usualPorts, ROUTER: 7400 }, resolve(repositoryRoot, '.banyan')),
    BANYAN_DB_PASSWORD: password,
  };
  const unusual = Object.fromEntries(
    Object.entries(settings.environment).filter(([name, value]) => value !== usual[name]),
  );
  return { ...settings, unusual };
}

/** As `banyan.config.ts` reads them, but for the password. */
function configVariables(
  parts: readonly string[],
  ports: Readonly<Record<string, number>>,
  dataDir: string,
): Readonly<Record<string, string>> {
  return {
    BANYAN_PARTS: parts.join(','),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`BANYAN_${name}_PORT`, String(port)])),
    BANYAN_DATA_DIR: dataDir,
  };
}

/** Beside the usual 7400: 7403, 7404, …. Beside any other port: whatever is free, since its neighbours may not be. */
function replicaPorts(count: number, first: number): Promise<number[]> | number[] {
  if (count <= 0) return [];
  // 7406 and 7410 are others'.
  return first === 7400 && count <= 3
    ? Array.from({ length: count }, (_, index) => 7403 + index)
    : freePorts(count);
}
