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
  const pendingOf = (limit: number) => {
    const sinceMs = unfenced ? 0 : performance.now() - began;
    return store.fleet.barrierPending(features, holdVersion, { limit, sinceMs });
  };
  if (await askUntil(async () => (await pendingOf(1)).length === 0, signal)) return;
  const pending = await pendingOf(Number.MAX_SAFE_INTEGER);
  throw new BanyanError(
    'BANYAN_BARRIER_TIMEOUT',
    `Not every router held in time: ${describePending(pending)}.`,
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
  return askUntil(() => store.fleet.everyReplicaFollows(version, performance.now() - began), signal);
}

/** Asks at least once. */
async function askUntil(ask: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const askedAt = performance.now();
    if (await ask()) return true;
    if (signal.aborted) return false;
    await pause(Math.max(askEveryMs, lookShare * (performance.now() - askedAt)), signal);
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
