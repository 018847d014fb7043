import type { Cell } from './cells.ts';
import type { Fault } from './fault.ts';

/** About how long a cell takes, s: what it waits for, and a handover there and one back. */
function secondsOf({ kind, afterMs }: Fault): number {
  const waits = kind === 'kill -9' || kind === 'reset' || kind === 'KILL' ? 1 : 4;
  return 4 + waits + afterMs / 1_000;
}

/** Cells that can be run in one world, one after the other. */
export function worldOf({ engine, point }: Cell): string {
  return `${engine}, ${point.variant}`;
}

/**
 * The cells in at most `jobs` lanes, which are run side by side: each about as long as the others, and each with as few changes of
 * world as that allows. The cells of one world keep their order.
 */
export function intoLanes(cells: readonly Cell[], jobs: number): Cell[][] {
  const inOrder = [...Map.groupBy(cells, worldOf).values()].flat();
  const whole = inOrder.reduce((sum, { fault }) => sum + secondsOf(fault), 0);
  const lanes: Cell[][] = Array.from({ length: jobs }, () => []);
  let before = 0;
  for (const cell of inOrder) {
    const seconds = secondsOf(cell.fault);
    // By its middle, so that no cell is ever beyond the last lane.
    lanes[Math.floor(((before + seconds / 2) / whole) * jobs)]?.push(cell);
    before += seconds;
  }
  return lanes.filter(({ length }) => length > 0);
}

/**
 * Runs all lanes at once, each until its own end. The signal that a lane is given is aborted with `signal`, and as soon as another lane
 * fails. Rejects, once all have ended, with why `signal` was aborted, or else with what failed first.
 */
export async function runLanes<Lane>(
  lanes: readonly Lane[],
  signal: AbortSignal,
  run: (lane: Lane, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  await Promise.all(
    // A second failure changes nothing: it may come of the first.
    lanes.map((lane) => run(lane, until).catch((error: unknown) => failed.abort(error))),
  );
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
}
