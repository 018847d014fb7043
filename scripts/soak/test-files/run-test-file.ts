import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { SoakContext, SoakOutcome } from '../soak.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const results = z.object({
  numTotalTests: z.number(),
  numPassedTests: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** Runs one file of the suite with other settings, by its own runner, and reads what it found. */
export async function runTestFile(
  file: string,
  settings: Readonly<Record<string, string>>,
  { folder, log, signal }: Pick<SoakContext, 'folder' | 'log' | 'signal'>,
): Promise<SoakOutcome> {
  const report = join(folder, 'report.json');
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...['run', file, '--reporter=json', `--outputFile=${report}`],
    ],
    {
      cwd: root,
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'ignore', 'inherit'],
      signal,
    },
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  log(`the runner ended with ${code}`);
  const { numTotalTests, numPassedTests, testResults } = results.parse(
    JSON.parse(await readFile(report, 'utf8')),
  );
  const failed = testResults
    .flatMap((one) => one.assertionResults)
    .filter((one) => one.status === 'failed')
    .map(
      (one) => `${one.fullName}: ${one.failureMessages?.[0]?.split('\n').slice(0, 4).join(' ') ?? 'failed'}`,
    );
  return {
    facts: { runs: numTotalTests, passed: numPassedTests },
    failures: failed.length > 0 || code === 0 ? failed : [`the runner ended with ${code}`],
  };
}
