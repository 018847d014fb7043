/** The database engines banyan is tested on. */
export type Engine = 'mariadb' | 'mysql';

export const engines: readonly Engine[] = ['mariadb', 'mysql'];

/** A server program that this machine can run: from PATH, or unpacked into the cache. */
export interface ServerProgram {
  readonly engine: Engine;
  /** As the program prints it, e.g. `10.11.19-MariaDB` or `9.7.4`. */
  readonly version: string;
  /** The command and the arguments that come before the server's own: a loader and its library path, or nothing. */
  readonly command: readonly [string, ...string[]];
  /** Environment that an unpacked program needs, added to the caller's. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that holds `english/errmsg.sys` and, for MariaDB, the SQL that makes the system tables. */
  readonly shareDir: string;
  /** The folder of loadable plugins, where an unpacked program must be told. */
  readonly pluginDir?: string;
}
