import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DatabaseEndpoint } from '../../../mover/move-spec.ts';
import { cpuMicrosWithChildrenOf } from '../../runs/cpu-time.ts';
import { findOnPath } from '../../servers/find-on-path.ts';
import type { CopyServers } from './servers.ts';

/** Programs of the peer; null where they are not installed. */
export async function dumpPrograms(): Promise<{ readonly dump: string; readonly load: string } | null> {
  const dump = (await findOnPath('mariadb-dump')) ?? (await findOnPath('mysqldump'));
  const load = (await findOnPath('mariadb')) ?? (await findOnPath('mysql'));
  return dump === null || load === null ? null : { dump, load };
}

/** `dump | load`, the way people copy a table by hand. Times and CPU of both programs together. */
export async function dumpAndLoad(
  { source, target }: Pick<CopyServers, 'source' | 'target'>,
  programs: { readonly dump: string; readonly load: string },
  signal: AbortSignal,
): Promise<{ seconds: number; cpuMicros: number }> {
  const dump = [
    programs.dump,
    '--no-defaults',
    ...account(source),
    '--single-transaction --quick --no-create-info --skip-triggers --hex-blob',
    source.database,
    'products',
  ].join(' ');
  const load = [programs.load, '--no-defaults', ...account(target), target.database].join(' ');
  // The shell waits to be read out: the CPU time of its children is told while it lives.
  const shell = spawn('bash', ['-c', `set -o pipefail; ${dump} | ${load}; echo $?; read -r`], {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal,
  });
  const beganAt = performance.now();
  const [said] = (await once(shell.stdout, 'data')) as [Buffer];
  const seconds = (performance.now() - beganAt) / 1000;
  const cpuMicros = cpuMicrosWithChildrenOf(shell.pid ?? -1);
  const exit = once(shell, 'exit');
  shell.stdin.end('\n');
  await exit;
  if (said.toString().trim() !== '0') throw new Error(`dump and load ended with ${said.toString().trim()}`);
  return { seconds, cpuMicros };
}

function account({ host, port, user, password }: DatabaseEndpoint): string[] {
  return [`--host=${host}`, `--port=${port}`, `--user=${user}`, `--password=${password}`];
}
