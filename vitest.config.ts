import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const shared = {
  pool: 'forks',
  // Files share no state, and most are over sooner than a process of their own would have loaded what they import.
  isolate: false,
  // Tests start some hundred processes of the project's own: what one has compiled the next need not compile again.
  env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('./node_modules/.cache/node-compile', import.meta.url)) },
  restoreMocks: true,
  // Not how fast something is, but when it counts as missing: a busy machine may leave a process standing for seconds.
  expect: { poll: { timeout: 15_000 } },
} as const;

export default defineConfig({
  test: {
    // On two cores: tests wait for servers and processes as long as they compute.
    maxWorkers: 3,
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'real',
          include: ['test/{integration,e2e,faults}/**/*.test.ts'],
          globalSetup: ['test/support/database-servers.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
