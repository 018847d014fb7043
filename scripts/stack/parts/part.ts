import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import type { MigrationFolder } from '../../migrate.ts';
import type { StackSettings } from '../stack-settings.ts';
import type { RunningProcess } from '../supervised-process.ts';

/** One service of the shop in a stack: what it needs, what runs, and what the stack's processes are told of it. */
export interface StackPart {
  readonly name: PartName;
  /** Beside its database's. */
  readonly ports: readonly StackPort[];
  readonly database?: PartDatabase;
  /** What its programs find in the data folder when they start. */
  readonly prepare?: (settings: StackSettings) => Promise<void>;
  /** For every process of the stack, beside the ports. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Started one after the other, each when the one before is ready. */
  readonly processes: (settings: StackSettings) => readonly PartProcess[];
  /** For the monolith, so that its own code asks the service for what has left. */
  readonly forLegacy?: (settings: StackSettings) => Readonly<Record<string, string>>;
  /** Where it can be reached, for people: by the names of its processes. */
  readonly places: (settings: StackSettings) => Readonly<Record<string, string>>;
}

export const partNames = ['product', 'shops', 'user', 'benefits', 'log', 'events', 'search'] as const;
export type PartName = (typeof partNames)[number];

export interface StackPort {
  /** `BANYAN_<NAME>_PORT` moves it. */
  readonly name: string;
  readonly usual: number;
  /** For people. */
  readonly whose: string;
}

/** A database on a server of its own. */
export interface PartDatabase {
  /** Also the account of the service. */
  readonly name: string;
  readonly port: StackPort;
  readonly migrations: MigrationFolder;
  /** What banyan moves there, by the names that they have in legacy's database. */
  readonly tables: readonly string[];
  /** What the service may do there, beside reading and writing rows. */
  readonly privileges?: readonly string[];
}

export type PartProcess = PartProgram | PartServer;

/** A Node program of the repository. */
export interface PartProgram {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What is started in another way. */
export interface PartServer {
  readonly name: string;
  readonly launch: (signal: AbortSignal) => Promise<RunningProcess>;
}

/** The name of a database server's process. */
export function serverName(database: string): string {
  return `${database}Db`;
}

/** How a program is told of its database. */
export function databaseVariables(prefix: string, endpoint: DatabaseEndpoint): Record<string, string> {
  return {
    [`${prefix}_HOST`]: endpoint.host,
    [`${prefix}_PORT`]: String(endpoint.port),
    [`${prefix}_USER`]: endpoint.user,
    [`${prefix}_PASSWORD`]: endpoint.password,
    [`${prefix}_NAME`]: endpoint.database,
  };
}

/** A part's database, as its service signs in there. */
export function serviceDatabase(settings: StackSettings, name: string): DatabaseEndpoint {
  const endpoint = settings.databases[name];
  if (endpoint === undefined) throw new Error(`the stack has no database ${name}`);
  return { ...endpoint, user: name };
}

/** The port that the settings have for it. */
export function portOf({ ports }: StackSettings, name: string): number {
  const port = ports[name];
  if (port === undefined) throw new Error(`the stack has no port ${name}`);
  return port;
}

/** `127.0.0.1:port` */
export function localAddress(settings: StackSettings, name: string): string {
  return `127.0.0.1:${portOf(settings, name)}`;
}

/** `http://127.0.0.1:port` */
export function localUrl(settings: StackSettings, name: string): string {
  return `http://${localAddress(settings, name)}`;
}
