import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { PendingReplica, StateStore } from '../store/index.ts';

/** Clients are held meanwhile. */
const askEveryMs = 4;
/** Of a large fleet each look is a long one, and takes its time from the beats: at most a third of the time is spent on looks. */
const lookShare = 2;
/** So many routers an error names. */
const namedAtMost = 5;

export interface BarrierOptions {
  /** True: nothing but routers keeps writes from the old owner, so whoever has not confirmed is waited for as long as its report stands. */
  readonly unfenced?: boolean;
}

/**
 * Resolves once no router can send a write of one of the features to the old owner any more: every live replica has confirmed
 * the hold and ended the writes it began before it, and every other one's lease has run out. The store is asked, by its
 * own clock, until then. Rejects with `BANYAN_BARRIER_TIMEOUT` when `signal` aborts first.
 */
export async function awaitBarrier(
  store: StateStore,
  features: readonly string[],
  holdVersion: number,
  signal: AbortSignal,
  { unfenced = false }: BarrierOptions = {},
): Promise<void> {
  // The hold was committed before.
  const began = performance.now();
  const pendingOf = (limit: number, graceMs: number) => {
    const sinceMs = unfenced ? 0 : performance.now() - began;
    return store.fleet.barrierPending(features, holdVersion, { limit, sinceMs, graceMs });
  };
  if (await askUntil(async (graceMs) => (await pendingOf(1, graceMs)).length === 0, signal)) return;
  const pending = await pendingOf(Number.MAX_SAFE_INTEGER, 0);
  throw new BanyanError(
    'BANYAN_BARRIER_TIMEOUT',
    pending.length === 0
      ? 'Not every router held in time, though every one does by now: the state store or this process was slow to say so.'
      : `Not every router held in time: ${describePending(pending)}.`,
    {
      fix: 'Look at those routers, and at processes with seams (`banyan status`): a write that takes long keeps a hold from completing. Then try again.',
      details: { pending },
    },
  );
}

/**
 * Resolves with true once every live replica decides by the route table of `version` or a later one; with false when
 * `signal` aborts first. A replica whose lease ran out is not waited for.
 */
export function everyRouterFollows(
  store: StateStore,
  version: number,
  signal: AbortSignal,
): Promise<boolean> {
  const began = performance.now();
  const follows = (graceMs: number) =>
    store.fleet.everyReplicaFollows(version, { sinceMs: performance.now() - began, graceMs });
  return askUntil(follows, signal);
}

/** A store that takes longer to answer stands still: no replica can renew its lease meanwhile. */
const standsStillMs = 500;

/**
 * Asks at least once. While the store stands still every lease runs out, of replicas that are well and have writes under way: an answer that was so
 * late proves nothing of them, and leases count for as much longer from then on.
 */
async function askUntil(ask: (graceMs: number) => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  let longestMs = 0;
  for (;;) {
    const askedAt = performance.now();
    const isDone = await ask(2 * longestMs);
    const tookMs = performance.now() - askedAt;
    if (isDone && (tookMs < standsStillMs || tookMs < 2 * longestMs)) return true;
    if (tookMs >= standsStillMs) longestMs = Math.max(longestMs, tookMs);
    if (signal.aborted) return false;
    const restMs = isDone ? askEveryMs : lookShare * tookMs;
    await pause(Math.max(askEveryMs, Math.min(restMs, standsStillMs)), signal);
  }
}

function describePending(pending: readonly PendingReplica[]): string {
  const named = pending
    .slice(0, namedAtMost)
    .map(({ replica, waitsFor }) =>
      waitsFor === 'version'
        ? `${replica} has not confirmed the hold`
        : `${replica} still has writes under way`,
    );
  const others = pending.length - named.length;
  return [...named, ...(others > 0 ? [`and ${others} more`] : [])].join(', ');
}
