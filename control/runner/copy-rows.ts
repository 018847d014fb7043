import { setTimeout as delay } from 'node:timers/promises';
import type { Applier, IndexProgress, Move } from '../../mover/index.ts';
import type { Progress } from '../progress.ts';
import { catchUpProgress } from './catch-up-progress.ts';
import { askedPace, followThrottle } from './follow-throttle.ts';
import type { MoveDirection } from './move-specs.ts';
import type { RunContext } from './run-context.ts';

/**
 * Copies what is left to copy, or once more what differs, while the applier runs, and waits until the log is small. The applier runs before the copy
 * begins, so that the log does not grow for the length of the copy.
 */
export async function copyRows(
  context: RunContext,
  move: Move,
  direction: MoveDirection,
  signal: AbortSignal,
  again: boolean,
): Promise<void> {
  const { options, feed } = context;
  const applier = await context.apply(direction);
  // Before the first chunk: a copy that is to stand does not begin.
  move.throttle(await askedPace(options));
  const ended = new AbortController();
  const following = followThrottle(context, move, AbortSignal.any([signal, ended.signal]));
  const copying = orFailure(
    applier,
    move.copy({
      signal,
      again,
      onProgress: (at) =>
        feed.tell({
          phase: 'copy',
          about: at.table,
          done: at.rowsDone,
          total: at.rowsTotalEstimate,
          rate: at.ratePerSecond,
          etaSeconds: at.etaSeconds,
        }),
      onIndexes: (at) => feed.tell(indexProgress(at)),
    }),
  );
  try {
    context.copying(move);
    await copying;
  } finally {
    context.copying(null);
    ended.abort();
    await following;
  }
  await options.points.reach('copy:after-copy');
  await orFailure(applier, caughtUp(context, applier, signal));
}

/** In percent where the server says how far it is, else only for how long. */
function indexProgress({
  table,
  indexes,
  done,
  total,
  share,
  elapsedMs,
  etaSeconds,
}: IndexProgress): Progress {
  const which = `${table} (${indexes.join(', ')}; table ${done + 1} of ${total})`;
  if (share !== null)
    return { phase: 'indexes', about: which, done: Math.floor(share * 100), total: 100, etaSeconds };
  return { phase: 'indexes', about: `${which}, for ${Math.round(elapsedMs / 1_000)} s` };
}

async function caughtUp(context: RunContext, applier: Applier, signal: AbortSignal): Promise<void> {
  const progress = catchUpProgress();
  for (;;) {
    signal.throwIfAborted();
    const { entries } = await applier.backlog();
    if (entries <= context.options.maxBacklog) return;
    context.feed.tell(progress(entries));
    await delay(50, undefined, { signal });
  }
}

/** `work`, unless the applier fails first: a copy beside a dead applier would be a stale one. */
export async function orFailure<T>(applier: Applier, work: Promise<T>): Promise<T> {
  const failure = applier.failed.then((error) => {
    throw error;
  });
  return Promise.race([work, failure]);
}
