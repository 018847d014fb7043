import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DatabaseEndpoint } from '../../../mover/index.ts';
import { cpuMicrosWithChildrenOf } from '../../runs/cpu-time.ts';

/** Runs a line of bash; times and CPU of all its programs together. Throws where it ends with anything but 0. */
export async function runShell(
  line: string,
  signal: AbortSignal,
): Promise<{ seconds: number; cpuMicros: number }> {
  // The shell waits to be read out: the CPU time of its children is told while it lives.
  const shell = spawn('bash', ['-c', `set -o pipefail; ${line}; echo $?; read -r`], {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
  });
  let complaint = '';
  shell.stderr.on('data', (data: Buffer) => {
    complaint = `${complaint}${data}`.slice(-500);
  });
  const beganAt = performance.now();
  const [said] = (await once(shell.stdout, 'data')) as [Buffer];
  const seconds = (performance.now() - beganAt) / 1000;
  const cpuMicros = cpuMicrosWithChildrenOf(shell.pid ?? -1);
  const exit = once(shell, 'exit');
  shell.stdin.end('\n');
  await exit;
  if (said.toString().trim() !== '0') {
    throw new Error(`"${line}" ended with ${said.toString().trim()}: ${complaint.trim()}`);
  }
  return { seconds, cpuMicros };
}

export function accountFlags({ host, port, user, password }: DatabaseEndpoint): string {
  return `--host=${host} --port=${port} --user=${user} --password=${password}`;
}
