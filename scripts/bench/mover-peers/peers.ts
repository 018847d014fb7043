import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findDebianProgram } from '../../servers/find-debian-program.ts';
import { findOnPath } from '../../servers/find-on-path.ts';
import type { BenchContext } from '../bench.ts';
import { accountFlags, runShell } from './run-shell.ts';
import { type MoverServers, runSql } from './servers.ts';

export interface Copied {
  readonly seconds: number;
  readonly cpuMicros: number;
}

/** Copies the items from the source to the target, which is empty; null: this machine has no such program. */
export type CopyPeer = ((servers: MoverServers) => Promise<Copied>) | null;

/** `dump | load`, the way people copy a table by hand. */
export async function dumpAndLoad({ signal }: BenchContext): Promise<CopyPeer> {
  const dump = (await findOnPath('mariadb-dump')) ?? (await findOnPath('mysqldump'));
  const load = (await findOnPath('mariadb')) ?? (await findOnPath('mysql'));
  if (dump === null || load === null) return null;
  const flags =
    '--single-transaction --quick --no-create-info --skip-triggers --hex-blob --skip-add-locks --no-tablespaces';
  return ({ source, target }) =>
    runShell(
      `${dump} --no-defaults ${accountFlags(source)} ${flags} ${source.database} items | ${load} --no-defaults ${accountFlags(target)} ${target.database}`,
      signal,
    );
}

/** mydumper into files and myloader from there, two threads each; what is loaded goes to the target's binary log, as banyan's rows do. */
export async function mydumperAndMyloader({ folder, signal }: BenchContext): Promise<CopyPeer> {
  const dump = await findDebianProgram('mydumper', { signal });
  const load = await findDebianProgram('myloader', { signal });
  if (dump === null || load === null) return null;
  return async ({ source, target }) => {
    const files = join(folder, 'mydumper');
    await rm(files, { recursive: true, force: true });
    const dumped = `${dump.join(' ')} ${accountFlags(source)} --threads=2 --rows=50000 --no-schemas --trx-consistency-only --database=${source.database} --tables-list=items --outputdir=${files}`;
    const loaded = `${load.join(' ')} ${accountFlags(target)} --threads=2 --enable-binlog --database=${target.database} --directory=${files}`;
    return runShell(`${dumped} && ${loaded}`, signal);
  };
}

/** INSERT … SELECT within the target's server, of rows that are there already: what a server needs to write them at all. */
export async function insertSelect(): Promise<CopyPeer> {
  return async ({ target }) => {
    const began = performance.now();
    await runSql(target, 'INSERT INTO items SELECT * FROM floor.items');
    return { seconds: (performance.now() - began) / 1_000, cpuMicros: 0 };
  };
}
