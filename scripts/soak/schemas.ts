import type { Soak } from './soak.ts';
import { runTestFile } from './test-files/run-test-file.ts';

/** The suite counts the smallest schema; this counts them all, by the same file. */
export const soak: Soak = {
  name: 'schemas',
  summary:
    'how many tables can move of seven schemas like those of widely used applications, on both engines (some 5 minutes)',
  run: (context) =>
    runTestFile(
      'test/integration/mover/movable-schemas.test.ts',
      context.quick ? {} : { BANYAN_MOVABLE: 'all' },
      context,
    ),
};
