import { pause } from '../common/pause.ts';
import type { MoveLogger } from '../mover/index.ts';
import { clientCostWords } from './api/words/hold-cost-words.ts';
import type { LeaseGrant, StateStore } from './store/index.ts';

const everyMs = 1_000;

/** Has the audit log tell what each handover cost clients, once its routers have reported it; once more where one was late. */
export async function tellHoldCosts({
  store,
  lease,
  logger,
  signal,
}: {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly logger: MoveLogger;
  readonly signal: AbortSignal;
}): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    try {
      await store.tellHoldCosts(lease, clientCostWords);
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ err: error }, 'what a handover cost clients cannot be told; trying again');
      failing = true;
    }
    await pause(everyMs, signal);
  }
}
