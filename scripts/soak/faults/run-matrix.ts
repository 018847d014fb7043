import { join } from 'node:path';
import { type Cell, describeCell } from './cells.ts';
import { intoLanes, runLanes, worldOf } from './lanes.ts';
import { type CellResult, runCell } from './run-cell.ts';
import { World } from './world.ts';

export interface MatrixOptions {
  /** For the worlds' files. */
  readonly folder: string;
  readonly cells: readonly Cell[];
  /** Worlds side by side. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Called once for a cell, with all its lines. */
  readonly log: (text: string) => void;
  /** Called as cells end, of several lanes perhaps before the last call's promise has resolved. */
  readonly onResult: (result: CellResult) => Promise<void>;
}

/** Runs all cells, in `jobs` lanes. Where one lane cannot go on the others end with the cell that they are at. */
export function runMatrix(options: MatrixOptions): Promise<void> {
  const { cells, jobs, signal } = options;
  const run = new Run(options);
  return runLanes(intoLanes(cells, jobs), signal, (lane, until) => run.lane(lane, until));
}

/** What the lanes have in common. */
class Run {
  readonly #options: MatrixOptions;
  #worlds = 0;
  #ended = 0;

  constructor(options: MatrixOptions) {
    this.#options = options;
  }

  /**
   * Cell after cell in one world, so that each begins with what the last one left. Another engine, another way of capture, a
   * feature that is finished and a world that does not heal need another world.
   */
  async lane(cells: readonly Cell[], signal: AbortSignal): Promise<void> {
    const { folder, onResult } = this.#options;
    let world: World | null = null;
    let kind = '';
    try {
      for (const cell of cells) {
        signal.throwIfAborted();
        const { engine, point } = cell;
        if (world !== null && kind !== worldOf(cell)) {
          await world[Symbol.asyncDispose]();
          world = null;
        }
        if (world === null) {
          kind = worldOf(cell);
          world = await World.start(engine, point.variant, join(folder, `${engine}-${this.#worlds++}`));
          world.traffic.start();
        }
        if (cell.fault.kind === 'disk full' && world.databases.store.volume === null) {
          this.#tell('–', cell, 'left out, only root can make a disk full');
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
        this.#tellResult(result, world);
        await onResult(result);
        // A second copy to tables that are still warm is over before a mover of its own is heard of.
        if (result.findings.length === 0 && point.deed !== 'finish' && point.variant !== 'helped') continue;
        await world[Symbol.asyncDispose]();
        world = null;
      }
    } finally {
      await world?.[Symbol.asyncDispose]();
    }
  }

  #tellResult({ cell, findings, failures, healedMs }: CellResult, world: World): void {
    const good = findings.length === 0;
    const healed = `well after ${healedMs ?? '?'} ms`;
    const answers = [...failures].map(([what, times]) => `, ${times} × ${what}`).join('');
    const said = world.programs.control.said.split('\n').slice(-6).join('\n      ');
    const more = good ? [] : [...findings, `control said last: ${said}`];
    this.#tell(good ? '✓' : '✗', cell, [healed + answers, ...more].join('\n    '));
  }

  #tell(sign: string, cell: Cell, text: string): void {
    const { cells, log } = this.#options;
    log(`${sign} ${++this.#ended}/${cells.length} ${describeCell(cell)}: ${text}`);
  }
}
