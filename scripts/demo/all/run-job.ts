import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { legacyVariables } from '../../stack/stack-programs.ts';
import { repositoryRoot, type StackSettings } from '../../stack/stack-settings.ts';

export interface JobOutcome {
  /** What it printed: JSON. */
  readonly said: string;
  /** Its first complaint; null where it ended well. */
  readonly fault: string | null;
}

/** Runs one of the monolith's jobs to its end, as a process, as cron starts them. */
export async function runJob(
  settings: StackSettings,
  job: string,
  onSpawn: (kill: () => void) => void = () => undefined,
): Promise<JobOutcome> {
  const today = new Date().toISOString().slice(0, 10);
  const child = spawn(process.execPath, ['legacy/jobs/main.ts', job, '--day', today, '--json'], {
    cwd: repositoryRoot,
    env: { ...process.env, ...settings.environment, ...legacyVariables(settings) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onSpawn(() => void child.kill('SIGKILL'));
  let said = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  const [status, signal] = await once(child, 'close');
  const fault = status === 0 ? null : complained.trim().split('\n')[0] || `ended by ${signal ?? status}`;
  return { said, fault };
}
