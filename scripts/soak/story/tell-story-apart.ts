import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AllReport } from '../../demo/all/all-report.ts';
import { repositoryRoot } from '../../stack/stack-settings.ts';
import type { SoakContext } from '../soak.ts';

/** `demo --all` as a process of its own, in its place; the story is told on stderr. @throws Error when it ended without a report */
export async function tellStoryApart(
  { signal, log }: Pick<SoakContext, 'signal' | 'log'>,
  place: Readonly<Record<string, string>>,
  flags: readonly string[],
): Promise<AllReport> {
  const child = spawn(process.execPath, ['scripts/demo/main.ts', '--all', '--exit', '--json', ...flags], {
    cwd: repositoryRoot,
    env: { ...process.env, ...place },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // It stops all that it has started, as on Ctrl-C.
  const interrupt = () => void child.kill('SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [status] = await once(child, 'close');
  signal.removeEventListener('abort', interrupt);
  log(`the story ended with ${status}`);
  const last = said.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`the story ended with ${status} and told no report`);
  return JSON.parse(last) as AllReport;
}
