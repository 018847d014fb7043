import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { Applier, Move } from '../../mover/index.ts';
import { isSettled } from './is-settled.ts';
import type { MoveDirection } from './move-specs.ts';
import { noteCurrent } from './note-current.ts';
import type { RunContext } from './run-context.ts';
import { verifySteadily } from './verify-steadily.ts';

const lookEveryMs = 1_000;
/** For tables of which transactions hold one at every instant. */
const clearPatienceMs = 2_000;

/**
 * Applies until it is stopped, and looks every second whether the side that does not own the rows is still closed.
 * Rejects when capture is not whole, when the applier fails and when a fence was bypassed.
 */
export async function watchApplying(
  context: RunContext,
  direction: MoveDirection,
  signal: AbortSignal,
): Promise<void> {
  const { feature } = context.options;
  const move = await context.move(direction);
  const captured = await move.captureState();
  if (captured !== 'complete') {
    // Triggers that nobody dropped are not what to look for where a table was altered.
    if (captured === 'broken') await move.checkFingerprint();
    throw new BanyanError(
      'BANYAN_CAPTURE_LOST',
      `Nothing notes the changes of ${move.spec.source.database} any more, or not all of them: the capture of ${move.spec.id} is not whole.`,
      {
        fix: 'Find out who dropped the triggers (unless `capture` in the config is another one now), then `banyan resume`: it captures again and copies once more, since changes may be missing.',
        details: { feature },
      },
    );
  }
  const applier = await context.apply(direction);
  let failure: Error | null = null;
  const failed = new AbortController();
  applier.failed.then((error) => {
    failure = error;
    failed.abort();
  });
  const woken = AbortSignal.any([signal, failed.signal]);
  const leftovers = new Leftovers(context, direction, move);
  const ended = new AbortController();
  const beside = AbortSignal.any([woken, ended.signal]);
  const besides = [noteCurrent(context.options, applier, beside), verifySteadily(context, direction, beside)];
  try {
    while (!signal.aborted) {
      if (failure !== null) throw failure;
      await checkFence(context, direction, move);
      await noteCaughtUp(context, applier);
      await leftovers.clear(signal);
      await pause(lookEveryMs, woken);
    }
  } finally {
    ended.abort();
    await Promise.all(besides);
  }
}

/** After a pause or a failure reads stay with the owner until what gathered in the log is carried over. */
async function noteCaughtUp(context: RunContext, applier: Applier): Promise<void> {
  const { feature, store, maxBacklog } = context.options;
  if ((await store.feature(feature)).otherSide !== 'catching up') return;
  if ((await applier.backlog()).entries > maxBacklog) return;
  await store.change({
    feature,
    action: 'caught up',
    who: 'banyan',
    why: 'what had gathered in the log is carried over',
    lease: context.held.grant,
    change: ({ state }) => (state.otherSide === 'catching up' ? { ...state, otherSide: 'current' } : state),
  });
  context.announceChange();
}

/** The owner's tables need no fence: its triggers go when no reader is in the way, which is asked ever less often. */
class Leftovers {
  readonly #context: RunContext;
  readonly #direction: MoveDirection;
  readonly #move: Move;
  #pauseMs = lookEveryMs;
  #dueAt = 0;

  constructor(context: RunContext, direction: MoveDirection, move: Move) {
    this.#context = context;
    this.#direction = direction;
    this.#move = move;
  }

  async clear(signal: AbortSignal): Promise<void> {
    if (performance.now() < this.#dueAt || !(await isSettled(this.#context, this.#direction))) return;
    const left = await this.#move.clearFence('source', {
      patienceMs: clearPatienceMs,
      isUrgent: false,
      signal,
    });
    this.#pauseMs = left.length === 0 ? lookEveryMs * 10 : Math.min(lookEveryMs * 60, this.#pauseMs * 2);
    this.#dueAt = performance.now() + this.#pauseMs;
  }
}

/**
 * An open fence on the side that does not own the rows is what nobody would notice. A closed one on the owner's side shows
 * in the application at once; left behind by a process that died, it is opened.
 */
async function checkFence(context: RunContext, direction: MoveDirection, move: Move): Promise<void> {
  if (!(await isSettled(context, direction))) return;
  const { source, target } = await move.fenceState();
  if (target === 'fenced' && source === 'open') return;
  // The conductor opens it after a decision, which is durable by then: so this is asked once more, and in this order.
  if (!(await isSettled(context, direction))) return;
  const { feature, logger } = context.options;
  if (source !== 'open') {
    logger.warn(
      { feature, source },
      'the owner’s tables were closed, with nothing under way: they are opened',
    );
    await move.openFence('source');
  }
  if (target === 'fenced') return;
  const { host, port, database } = move.spec.target;
  throw new BanyanError(
    'BANYAN_FENCE_BYPASSED',
    `The tables of ${feature} in ${database} on ${host}:${port} are open to writes, though they do not own the rows.`,
    {
      fix: 'Find out who dropped the fence’s triggers and what was written there, then `banyan resume`: it fences them again; verify before a cutover.',
      details: { feature, target },
    },
  );
}
