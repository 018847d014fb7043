import { defineConfig } from 'vitest/config';

const shared = {
  pool: 'forks',
  restoreMocks: true,
  // Not how fast something is, but when it counts as missing: a busy machine may leave a process standing for seconds.
  expect: { poll: { timeout: 15_000 } },
} as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
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
