import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { Applier, Move, MoveSpec } from '../../../mover/index.ts';
import type { MoveFixture } from '../move-fixture.ts';

const points = [
  ...['capture:log-created', 'capture:trigger-created', 'copy:range-published', 'copy:after-read'],
  ...['copy:after-write', 'copy:range-cleared', 'apply:taken', 'apply:after-read', 'apply:after-delete'],
  ...['apply:before-commit', 'apply:after-commit', 'apply:after-forget'],
];

/** The mover dies where it comes to that point for the nth time. */
export interface Kill {
  readonly point: string;
  readonly nth: number;
}

export const kills: fc.Arbitrary<Kill[]> = fc.array(
  fc.record({ point: fc.constantFrom(...points), nth: fc.integer({ min: 1, max: 3 }) }),
  { maxLength: 3 },
);

export interface KilledMoverOptions {
  readonly fixture: MoveFixture;
  readonly spec: MoveSpec;
  readonly kills: readonly Kill[];
  /** Rows of a chunk and of a batch. */
  readonly size: number;
  /** Milliseconds to wait at a point. */
  readonly pauses: Readonly<Record<string, number>>;
  /** Told with each chunk that begins. */
  readonly onCopy?: () => void;
  /** The reverse move: rows were there first, and nothing is copied. */
  readonly noCopy?: boolean;
}

async function caughtUp(applier: Applier): Promise<void> {
  while ((await applier.backlog()).entries > 0) await wait(5);
}

/**
 * Movers that take over from each other: each dies where the next of `kills` says, and the last one that is left has everything
 * copied, or nothing left in its log, and applies. Like a process that ends, one that dies closes its connections and commits nothing more.
 */
export async function killedMover(options: KilledMoverOptions): Promise<{ move: Move; applier: Applier }> {
  const { fixture, spec, size, pauses, onCopy, noCopy = false } = options;
  const tuning = { chunkRowsAtFirst: size, chunkRowsMax: size, applyBatchEntries: size };
  const left = [...options.kills];
  for (;;) {
    let kill = left.shift();
    let [arrivals, isDead] = [0, false];
    const reach = async (point: string) => {
      // What was read grows old before it is written.
      if (point === 'copy:range-published') onCopy?.();
      const pauseMs = isDead ? 0 : (pauses[point] ?? 0);
      if (pauseMs > 0) await wait(pauseMs);
      if (kill === undefined || (point !== kill.point && !isDead)) return;
      arrivals += 1;
      if (arrivals < kill.nth && !isDead) return;
      isDead = true;
      throw new Error(`died at ${point}`);
    };
    const move = await fixture.open({ spec, tuning, points: { reach } });
    try {
      if (!noCopy) await move.fence('target', { lockTimeoutMs: 15_000 });
      // Of one that stands already nothing may be forgotten: the source has been opened since.
      if ((await move.captureState()) !== 'complete') {
        if (!noCopy) await move.dropCapture();
        await (noCopy ? move.renewCapture() : move.installCapture());
      }
      const applier = move.startApplying();
      const failure = applier.failed.then((error) => {
        throw error;
      });
      failure.catch(() => undefined);
      await Promise.race([noCopy ? caughtUp(applier) : move.copy(), failure]);
      // One that lives by now lives on.
      kill = undefined;
      if (!isDead) return { move, applier };
    } catch (error) {
      if (!isDead) throw error;
    }
    await move.close();
  }
}
