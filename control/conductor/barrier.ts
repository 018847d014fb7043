import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { barrierPending, type StateStore } from '../store/index.ts';

/** Clients are held meanwhile. Of a large fleet each look is a long one, and takes its time from the beats. */
const askEveryMs = 4;
const routersPerMs = 20;

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
): Promise<void> {
  for (;;) {
    const replicas = await store.replicas();
    const pending = features.flatMap((feature) => barrierPending(replicas, feature, holdVersion));
    if (pending.length === 0) return;
    if (signal.aborted) {
      const names = new Set(
        pending.map(({ replica, waitsFor }) =>
          waitsFor === 'version'
            ? `${replica} has not confirmed the hold`
            : `${replica} still has writes under way`,
        ),
      );
      throw new BanyanError(
        'BANYAN_BARRIER_TIMEOUT',
        `Not every router held in time: ${[...names].join(', ')}.`,
        {
          fix: 'Look at those routers, and at processes with seams (`banyan status`): a write that takes long keeps a hold from completing. Then try again.',
          details: { pending },
        },
      );
    }
    await pause(askAfterMs(replicas), signal);
  }
}

/**
 * Resolves with true once every live replica decides by the route table of `version` or a later one; with false when
 * `signal` aborts first. A replica whose lease ran out is not waited for.
 */
export async function everyRouterFollows(
  store: StateStore,
  version: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const replicas = await store.replicas();
    if (replicas.every((replica) => !replica.live || replica.version >= version)) return true;
    if (signal.aborted) return false;
    await pause(askAfterMs(replicas), signal);
  }
}

function askAfterMs(replicas: readonly unknown[]): number {
  return Math.max(askEveryMs, replicas.length / routersPerMs);
}
