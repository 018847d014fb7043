import { expect, test } from 'vitest';
import { awaitBarrier } from '../../../control/conductor/barrier.ts';
import type { PendingReplica, StateStore } from '../../../control/store/index.ts';

/** A store whose looks at the routers find these, one after the other. */
function store(...looks: readonly PendingReplica[][]): StateStore {
  let look = 0;
  return { fleet: { barrierPending: async () => looks[look++] ?? [] } } as unknown as StateStore;
}

const late: PendingReplica = { replica: 'r1', waitsFor: 'version' };

test('a barrier that came too late says so, and names routers only where there are some', async () => {
  const asked = (one: StateStore) => awaitBarrier(one, ['parcels'], 7, AbortSignal.abort());
  await expect(asked(store([]))).resolves.toBeUndefined();
  await expect(asked(store([late], [late]))).rejects.toThrow('in time: r1 has not confirmed the hold.');
  await expect(asked(store([late], []))).rejects.toThrow('in time, though every one does by now');
});
