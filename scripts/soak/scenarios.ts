import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Soak } from './soak.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

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

/** The suite runs every twentieth scenario; this runs them all, by the same file. */
export const soak: Soak = {
  name: 'scenarios',
  summary:
    'every folder of test/scenarios there and back on every pair of engines that applies (some 10 minutes)',
  async run({ folder, log, signal, quick }) {
    const report = join(folder, 'report.json');
    const child = spawn(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        ...['run', 'test/integration/mover/scenarios.test.ts', '--reporter=json', `--outputFile=${report}`],
      ],
      {
        cwd: root,
        env: { ...process.env, ...(quick ? {} : { BANYAN_SCENARIOS: 'all' }) },
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
      .flatMap((file) => file.assertionResults)
      .filter((one) => one.status === 'failed')
      .map((one) => `${one.fullName}: ${one.failureMessages?.[0]?.split('\n')[0] ?? 'failed'}`);
    return {
      facts: { runs: numTotalTests, passed: numPassedTests },
      failures: failed.length > 0 || code === 0 ? failed : [`the runner ended with ${code}`],
    };
  },
};
