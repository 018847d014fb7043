import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allCells, describeCell } from '../../scripts/soak/faults/cells.ts';
import type { CellResult } from '../../scripts/soak/faults/run-cell.ts';
import { runMatrix } from '../../scripts/soak/faults/run-matrix.ts';
import { describeOnEngine } from '../support/databases.ts';

/** Faults that are over in a moment, in the order in which each begins where the last one ended: one world serves all of them. */
const sample = [
  'copy at copy:after-write, kill -9 control',
  'rollback at rollback:before-decision, KILL store database',
  'apply at apply:after-delete, reset control-legacy',
];

describeOnEngine('mariadb', 'a sample of the fault matrix', () => {
  it('nothing is lost or doubled, one side is open, and the next handover works without help', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'banyan-faults-'));
    try {
      const cells = sample.map((name) =>
        allCells(['mariadb']).find((cell) => describeCell(cell) === `mariadb, ${name}`),
      );
      expect(cells).not.toContain(undefined);
      const results: CellResult[] = [];
      await runMatrix({
        ...{ folder, cells: cells.flatMap((cell) => cell ?? []), signal: new AbortController().signal },
        jobs: 1,
        log: () => undefined,
        onResult: async (result) => void results.push(result),
      });
      expect(results.map(({ cell, findings }) => [describeCell(cell), findings])).toEqual(
        sample.map((name) => [`mariadb, ${name}`, []]),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
