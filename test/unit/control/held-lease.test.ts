import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HeldLease } from '../../../control/store/held-lease.ts';
import { LeaseRenewals } from '../../../control/store/lease-renewals.ts';
import type { Leases } from '../../../control/store/leases.ts';

const ttlMs = 200;

function held(renew: () => Promise<readonly []>): HeldLease {
  const leases = { renew } as unknown as Leases;
  const grant = { name: 'control', holder: 'me', epoch: 1 };
  return new HeldLease(leases, new LeaseRenewals(leases), grant, ttlMs, performance.now());
}

const lost = ({ lost }: HeldLease) =>
  new Promise<unknown>((resolve) => lost.addEventListener('abort', () => resolve(lost.reason)));

test('a store that does not answer costs the lease, and is named', async () => {
  const reason = await lost(held(() => new Promise(() => {})));
  expect(reason).toMatchObject({
    code: 'BANYAN_LEASE_LOST',
    message: 'Lease control ran out: the state store did not answer in time.',
    fix: expect.stringContaining('Bring the state store back'),
  });
});

test('a process that stood still blames itself, not the store', async () => {
  let renewals = 0;
  // As an answer over a network: none that was asked for after the pause is there when the lease has run out.
  const lease = held(async () => {
    await wait(10);
    renewals += 1;
    return [];
  });
  await expect.poll(() => renewals, { interval: 5 }).toBeGreaterThan(5);
  expect(lease.lost.aborted).toBe(false);
  const told = lost(lease);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * ttlMs);
  expect(await told).toMatchObject({
    code: 'BANYAN_LEASE_LOST',
    message: expect.stringMatching(/^Lease control ran out: this process stood still for 0\.[3-9] s/),
    fix: expect.stringContaining('CPU time'),
  });
});
