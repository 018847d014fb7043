import { createConnection } from 'mysql2/promise';
import { claimEpoch, openMove } from '../../../mover/index.ts';
import type { CopyServers } from './servers.ts';

/**
 * A copy as control does it: capture on, applier running, so that it could be done under writes. Prints its result as one
 * line of JSON; a process of its own, so that its CPU time is its own.
 */
const servers = JSON.parse(process.argv[2] ?? '') as Pick<CopyServers, 'source' | 'target'>;
const spec = {
  id: 'bench:forward',
  source: servers.source,
  target: servers.target,
  tables: [{ table: 'products' }],
  bookkeepingSchema: 'banyan',
};

for (const { database: _, ...server } of [servers.source, servers.target]) {
  const connection = await createConnection(server);
  await connection.query('CREATE DATABASE IF NOT EXISTS banyan');
  await connection.end();
}
const move = await openMove(spec, { epoch: await claimEpoch(spec) });
await move.restartCopy();
await move.installCapture();
const applier = move.startApplying();
const cpu = process.cpuUsage();
const beganAt = performance.now();
await Promise.race([move.copy(), applier.failed.then((error) => Promise.reject(error))]);
const seconds = (performance.now() - beganAt) / 1000;
const { user, system } = process.cpuUsage(cpu);
await applier.stop();
await move.dropCapture();
await move.close();
process.stdout.write(`${JSON.stringify({ seconds, cpuMicros: user + system })}\n`);
