import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { canUnpackDebianPackages, unpackDebianPackage } from './debian-packages.ts';
import { findOnPath } from './find-on-path.ts';
import { runProgram } from './run-program.ts';
import { unpackedCommand } from './unpacked-command.ts';

// What it depends on besides are the parts of its web pages.
const prometheus = {
  packageName: 'prometheus',
  trial: ['--version'],
  only: /^(?:prometheus|libc6)$/,
} as const;

/** Programs of Debian's stable suite that banyan is measured beside or with, or that the shop uses: where their packages have them, and what shows that they run. */
const packages = {
  nginx: { packageName: 'nginx', file: 'usr/sbin/nginx', trial: ['-v'] },
  haproxy: { packageName: 'haproxy', file: 'usr/sbin/haproxy', trial: ['-v'] },
  wrk: { packageName: 'wrk', file: 'usr/bin/wrk', trial: [] },
  h2load: { packageName: 'nghttp2-client', file: 'usr/bin/h2load', trial: ['--version'] },
  mydumper: { packageName: 'mydumper', file: 'usr/bin/mydumper', trial: ['--version'] },
  'nats-server': { packageName: 'nats-server', file: 'usr/sbin/nats-server', trial: ['--version'] },
  myloader: { packageName: 'mydumper', file: 'usr/bin/myloader', trial: ['--version'] },
  prometheus: { ...prometheus, file: 'usr/bin/prometheus' },
  promtool: { ...prometheus, file: 'usr/bin/promtool' },
} as const;

export type DebianProgram = keyof typeof packages;

interface DebianPackage {
  readonly packageName: string;
  readonly file: string;
  readonly trial: readonly string[];
  /** As `UnpackOptions` has it. */
  readonly only?: RegExp;
}

/** The program, and the arguments that come before its own. */
export type ProgramCommand = readonly [string, ...string[]];

/**
 * The command that runs a program: from PATH; else unpacked earlier into the cache; else, on a Debian machine, fetched and unpacked now
 * (no root, nothing installed). null: this machine has none and cannot fetch it.
 *
 * @throws BanyanError BANYAN_SERVER_DOWNLOAD with what apt said
 */
export async function findDebianProgram(
  name: DebianProgram,
  options: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {},
): Promise<ProgramCommand | null> {
  const { env = process.env, signal } = options;
  const { packageName, file, trial, only }: DebianPackage = packages[name];
  // Servers lie in folders that are on the superuser's PATH only.
  const path = [env.PATH ?? '', '/usr/sbin', '/usr/local/sbin'].join(delimiter);
  const found = await findOnPath(name, { ...env, PATH: path });
  if (found !== null) return [found];
  const into = join(cacheFolder(env), `${packageName}-stable`);
  if (!existsSync(into)) {
    if (!(await canUnpackDebianPackages(env))) return null;
    await unpackDebianPackage({
      packageName,
      suite: null,
      into,
      ...(only && { only }),
      ...(signal && { signal }),
    });
  }
  const command = unpackedCommand(into, [file]);
  if (command === null) return null;
  const started = await runProgram([...command, ...trial]).then(
    // A loader that misses a library says so with 127.
    ({ status }) => status !== 127,
    () => false,
  );
  return started ? command : null;
}
