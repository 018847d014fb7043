import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../servers/run-program.ts';
import type { ModelCase } from './cases.ts';
import type { ModelTools } from './find-spin.ts';

const models = fileURLToPath(new URL('../../test/model/', import.meta.url));

export interface CaseResult {
  readonly name: string;
  readonly about: string;
  readonly expected: ModelCase['errors'];
  readonly errors: number;
  /** What Spin says is violated; null without an error. */
  readonly violated: string | null;
  readonly states: number;
  readonly seconds: number;
  readonly asExpected: boolean;
}

/** Compiles and searches one case in a folder of its own. An unfinished search is an exception, never a result. */
export async function checkCase(
  modelCase: ModelCase,
  tools: ModelTools,
  folder: string,
  signal: AbortSignal,
): Promise<CaseResult> {
  const start = performance.now();
  const work = join(folder, modelCase.name.replaceAll(' ', '-'));
  await mkdir(work, { recursive: true });
  const defines = modelCase.defines.map((name) => `-D${name}`);
  const pan = join(work, 'pan');
  const model = join(models, `${modelCase.model ?? 'handover'}.pml`);
  await run(['env', `--chdir=${work}`, tools.spin, '-a', ...defines, model], signal);
  await run([tools.compiler, '-O2', '-DSAFETY', '-DCOLLAPSE', '-w', '-o', pan, `${pan}.c`], signal);
  const said = await run(['env', `--chdir=${work}`, pan, '-m100000', '-n', '-w24'], signal);
  const errors = Number(/errors: (\d+)/.exec(said)?.[1] ?? Number.NaN);
  const states = Number(/(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored/.exec(said)?.[1] ?? Number.NaN);
  if (!Number.isFinite(errors) || !Number.isFinite(states)) throw unfinished(modelCase, said);
  if (errors === 0 && /Search not completed|max search depth too small|out of memory/i.test(said)) {
    throw unfinished(modelCase, said);
  }
  return {
    name: modelCase.name,
    about: modelCase.about,
    expected: modelCase.errors,
    errors,
    violated: errors === 0 ? null : (/pan:\d+: (.+) \(at depth/.exec(said)?.[1] ?? 'an error'),
    states,
    seconds: Math.round((performance.now() - start) / 100) / 10,
    asExpected: errors > 0 === (modelCase.errors === 'some'),
  };
}

async function run(command: readonly [string, ...string[]], signal: AbortSignal): Promise<string> {
  const { status, stdout, stderr } = await runProgram(command, { signal });
  if (status === 0 || /errors: [1-9]/.test(stdout)) return stdout;
  throw new Error(`${command.join(' ')} ended with status ${status}: ${stderr || stdout}`);
}

function unfinished(modelCase: ModelCase, said: string): Error {
  return new Error(`the search of "${modelCase.name}" did not come to its end:\n${said}`);
}
