import { describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { Move, VerifyReport } from '../../mover/index.ts';
import { isSettled } from './is-settled.ts';
import type { MoveDirection } from './move-specs.ts';
import type { RunContext } from './run-context.ts';

const lookEveryMs = 1_000;
/** A look that failed, or left rows unsettled, is not begun again at once. */
const againAfterMs = 10_000;

/**
 * Verifies again and again, at a gentle pace, what was not verified for long, so that a difference is found within that time and
 * a handover has little left to compare. It stands while the servers have too much to do, and during a handover and a
 * verify that somebody asked for.
 *
 * Rejects never: a database that is away shows in the applier, and what else stops it is told by `steady`.
 */
export async function verifySteadily(
  context: RunContext,
  direction: MoveDirection,
  signal: AbortSignal,
): Promise<void> {
  const { feature, logger } = context.options;
  const { steady } = context;
  const move = await context.move(direction);
  while (!signal.aborted) {
    try {
      const waitMs = await steady.run(signal, (until) => verifyOnce(context, direction, move, until));
      steady.trouble = null;
      await pause(waitMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { message } = describeError(error);
      if (steady.trouble !== message) logger.warn({ feature, err: error }, 'the steady verify was cut off');
      steady.trouble = message;
      await pause(againAfterMs, signal);
    }
  }
}

/** How long to wait before the next look. */
async function verifyOnce(
  context: RunContext,
  direction: MoveDirection,
  move: Move,
  signal: AbortSignal,
): Promise<number> {
  const { feature, store, verify } = context.options;
  const { otherSide } = await store.feature(feature);
  if (!verify.steadily || otherSide !== 'current' || !(await isSettled(context, direction))) {
    return lookEveryMs;
  }
  const { oldestMs } = await move.verified();
  if (oldestMs !== null && oldestMs < verify.everyMs) {
    return Math.min(againAfterMs, Math.max(lookEveryMs, verify.everyMs - oldestMs));
  }
  const report = await move.verify({ olderThanMs: verify.everyMs, share: verify.share, signal });
  if (report.different > 0) await tellDifference(context, report);
  return report.unsettled > 0 ? againAfterMs : lookEveryMs;
}

async function tellDifference(context: RunContext, report: VerifyReport): Promise<void> {
  const { feature, store, logger } = context.options;
  const { rowsCompared, rowsKept, different, unsettled } = report;
  const ofAll = { rowsCompared: rowsCompared + rowsKept, different, unsettled };
  const tables = report.tables.filter((table) => table.different > 0);
  logger.warn({ feature, different, tables }, 'rows differ between the two sides');
  await store.change({
    feature,
    action: 'verify',
    who: 'banyan',
    why: 'the steady verify found rows that differ',
    details: { rowsCompared, different, unsettled, tables },
    lease: context.held.grant,
    change: ({ state, now: at }) => ({ ...state, verified: { at, ...ofAll } }),
  });
}
