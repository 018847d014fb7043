import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run's output with one plain line for machines: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      // A file that cannot be loaded has no tests: it counts as one failure.
      if (module.state() === 'failed' && module.children.allTests().next().done) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state] += 1;
      }
    }
    const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    // Printed when everything else has been: the summary, the servers' teardown, other reporters.
    process.once('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
