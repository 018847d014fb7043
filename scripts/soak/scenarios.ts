import type { Soak } from './soak.ts';
import { runTestFile } from './test-files/run-test-file.ts';

/** The suite runs every twentieth scenario; this runs them all, by the same file. */
export const soak: Soak = {
  name: 'scenarios',
  summary:
    'every folder of test/scenarios there and back on every pair of engines that applies (some 10 minutes)',
  run: (context) =>
    runTestFile(
      'test/integration/mover/scenarios.test.ts',
      context.quick ? {} : { BANYAN_SCENARIOS: 'all' },
      context,
    ),
};
