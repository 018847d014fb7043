import type { Soak } from './soak.ts';
import { runTestFile } from './test-files/run-test-file.ts';

/** The suite tries a handful; this tries some hundred, by the same file. */
export const soak: Soak = {
  name: 'properties',
  summary:
    'moves of random tables, mappings, rows and writes there and back, by movers that die at stop points, and of random foreign keys that cascade, on both engines (some 30 minutes)',
  async run(context) {
    const runs = context.quick ? 10 : 150;
    const seed = context.seed % 2 ** 31;
    context.log(`${runs} moves on each engine, from seed ${seed}`);
    const settings = { BANYAN_PROPERTY_RUNS: String(runs), BANYAN_PROPERTY_SEED: String(seed) };
    const moves = await runTestFile('test/integration/mover/move-property.test.ts', settings, context);
    const cascades = await runTestFile('test/integration/mover/cascade-property.test.ts', settings, context);
    return {
      facts: {
        runs: Number(moves.facts.runs) + Number(cascades.facts.runs),
        passed: Number(moves.facts.passed) + Number(cascades.facts.passed),
        movesPerEngine: runs,
      },
      failures: [...moves.failures, ...cascades.failures],
    };
  },
};
