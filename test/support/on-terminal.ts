import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What is typed once the screen shows something, or something else has come to be. */
export type Keys = readonly (readonly [when: RegExp | (() => Promise<unknown>), typed: string])[];

export interface OnTerminal {
  readonly code: number | null;
  /** All that was written to it, as it came. */
  readonly written: string;
}

export const ctrlC = '\u0003';
export const ctrlD = '\u0004';
const banyan = fileURLToPath(new URL('../../scripts/banyan.mjs', import.meta.url));

/** Runs one command of banyan's on a terminal of its own, made by util-linux's `script`, and types. */
export async function onTerminal(
  args: readonly string[],
  keys: Keys,
  { columns = 80, env = process.env }: { readonly columns?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<OnTerminal> {
  const quoted = [process.execPath, banyan, ...args].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`);
  const command = `stty cols ${columns}; exec ${quoted.join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let written = '';
  let from = 0;
  let wake = () => {};
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    written += piece;
    wake();
  });
  const type = async () => {
    for (const [when, typed] of keys) {
      if (typeof when === 'function') await when();
      else {
        while (!when.test(written.slice(from))) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      from = written.length;
      child.stdin.write(typed);
    }
  };
  void type().catch(() => child.kill('SIGKILL'));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, written };
}
