import { pino } from 'pino';
import { noStopPoints } from '../../../common/stop-points.ts';
import { MysqlStateLink } from '../../../control/store/index.ts';
import type { DatabaseEndpoint } from '../../../mover/index.ts';
import { LiveTable } from '../../../router/replica/live-table.ts';
import type { FailurePolicy } from '../../../router/table/failure-policy.ts';

/**
 * Many routers without their requests in one process: `fleet-process.ts STATE COUNT LEASE_MS`. Each keeps its route table and lease by a link of its
 * own, as the router does. On SIGUSR2 it prints how often a lease was found gone.
 */
const [endpoint = '{}', count = '1', leaseMs = '2000'] = process.argv.slice(2);
const state = JSON.parse(endpoint) as DatabaseEndpoint;

const fleet = Array.from({ length: Number(count) }, (_, n) => {
  const link = new MysqlStateLink({ state, leaseMs: Number(leaseMs) });
  return new LiveTable({
    link,
    replica: `${process.pid}:${n}`,
    host: 'soak',
    services: () => ['parcels'],
    snapshotFile: null,
    beatMs: 100,
    beatTimeoutMs: 2_000,
    points: noStopPoints,
    logger: pino({ level: 'silent' }),
    policy: {} as FailurePolicy,
    writesInFlight: () => 0,
    onChange: () => undefined,
  });
});
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
