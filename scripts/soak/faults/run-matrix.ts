import { join } from 'node:path';
import { type Cell, describeCell } from './cells.ts';
import { type CellResult, runCell } from './run-cell.ts';
import { World } from './world.ts';

export interface MatrixOptions {
  /** For the worlds' files. */
  readonly folder: string;
  readonly cells: readonly Cell[];
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  readonly onResult: (result: CellResult) => Promise<void>;
}

/**
 * Runs cell after cell in one world, so that each begins with what the last one left. Another engine, another way of capture, a
 * feature that is finished and a world that does not heal need another world.
 */
export async function runMatrix(options: MatrixOptions): Promise<void> {
  const { folder, cells, signal, log, onResult } = options;
  let worlds = 0;
  let world: World | null = null;
  try {
    for (const [at, cell] of cells.entries()) {
      signal.throwIfAborted();
      const { engine, point } = cell;
      if (world !== null && (world.engine !== engine || world.variant !== point.variant)) {
        await world[Symbol.asyncDispose]();
        world = null;
      }
      if (world === null) {
        world = await World.start(engine, point.variant, join(folder, `${engine}-${worlds++}`));
        world.traffic.start();
      }
      if (cell.fault.kind === 'disk full' && world.databases.store.volume === null) {
        log(`– ${at + 1}/${cells.length} ${describeCell(cell)}: left out, only root can make a disk full`);
        continue;
      }
      const result = await runCell(world, cell).catch(
        (error: unknown): CellResult => ({
          ...{ cell, failures: new Map(), healedMs: null },
          findings: [error instanceof Error ? error.message : String(error)],
        }),
      );
      // What came of a Ctrl-C is no finding.
      signal.throwIfAborted();
      const good = result.findings.length === 0;
      log(
        `${good ? '✓' : '✗'} ${at + 1}/${cells.length} ${describeCell(cell)}: well after ${result.healedMs ?? '?'} ms` +
          [...result.failures].map(([what, times]) => `, ${times} × ${what}`).join(''),
      );
      for (const finding of result.findings) log(`    ${finding}`);
      if (!good) {
        log(`    control said last: ${world.programs.control.said.split('\n').slice(-6).join('\n      ')}`);
      }
      await onResult(result);
      // A second copy to tables that are still warm is over before a mover of its own is heard of.
      if (good && point.deed !== 'finish' && point.variant !== 'helped') continue;
      await world[Symbol.asyncDispose]();
      world = null;
    }
  } finally {
    await world?.[Symbol.asyncDispose]();
  }
}
