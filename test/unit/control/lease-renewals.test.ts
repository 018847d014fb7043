import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LeaseRenewals } from '../../../control/store/lease-renewals.ts';
import type { LeaseGrant, Leases } from '../../../control/store/leases.ts';

type Answer = readonly LeaseGrant[];

/** A store that answers each renewal when and as the test says. */
function slowStore() {
  const asked: (PromiseWithResolvers<Answer> & { readonly grants: Answer; readonly ttlMs: number })[] = [];
  const renew = (grants: Answer, ttlMs: number) => {
    const answer = Promise.withResolvers<Answer>();
    asked.push({ ...answer, grants, ttlMs });
    return answer.promise;
  };
  return { asked, renewals: new LeaseRenewals({ renew } as unknown as Leases) };
}

function lease(name: string, ttlMs: number) {
  const told: string[] = [];
  return {
    ...{ told, ttlMs, grant: { name, holder: 'me', epoch: 1 } },
    renewed: () => void told.push('renewed'),
    taken: () => void told.push('taken'),
    failed: (error: unknown) => void told.push(String(error)),
  };
}

test('an answer that does not come keeps no later one back, and leases of one length share a statement', async () => {
  const { asked, renewals } = slowStore();
  const [one, two, long] = [lease('one', 40), lease('two', 40), lease('long', 60_000)];
  for (const each of [one, two, long]) renewals.add(each);
  await expect.poll(() => asked.length, { interval: 5 }).toBeGreaterThanOrEqual(2);
  expect(asked[0]!.grants).toEqual([one.grant, two.grant]);
  asked[1]!.resolve([two.grant]);
  await expect.poll(() => two.told).toEqual(['taken']);
  expect(one.told).toEqual(['renewed']);
  expect(long.told).toEqual([]);

  // Who gives a lease back waits for the answers that are under way: one of them would prolong it again.
  let quiet = false;
  const removed = Promise.all([one, two, long].map((each) => renewals.remove(each))).then(() => {
    quiet = true;
  });
  const underWay = asked.length;
  await wait(100);
  expect({ quiet, asked: asked.length }).toEqual({ quiet: false, asked: underWay });
  for (const { reject } of asked) reject(new Error('away'));
  await removed;
  expect(one.told.at(-1)).toBe('Error: away');
});
