import type { DatabaseEndpoint } from '../../../mover/index.ts';
import { idleRouter } from './idle-router.ts';

/**
 * Many routers without their requests in one process: `fleet-process.ts STATE COUNT LEASE_MS`. Each keeps its route table and lease by a link of its
 * own, as the router does. On SIGUSR2 it prints how often a lease was found gone.
 */
const [endpoint = '{}', count = '1', leaseMs = '2000'] = process.argv.slice(2);
const state = JSON.parse(endpoint) as DatabaseEndpoint;

const fleet = Array.from(
  { length: Number(count) },
  (_, n) =>
    idleRouter({
      ...{ state, leaseMs: Number(leaseMs), replica: `${process.pid}:${n}`, services: ['parcels'] },
    }).table,
);
// Not all in one instant: machines do not start so either.
for (const router of fleet) {
  await router.beat();
  router.start();
}
let lapsed = 0;
setInterval(() => {
  lapsed += fleet.filter((router) => !router.leaseValid).length;
}, 200);
process.on('SIGUSR2', () => console.log(`lapsed ${lapsed}`));
console.log('ready');
process.once('SIGTERM', () => process.exit(0));
