import { openProductsMove } from './products-move.ts';
import type { CopyServers } from './servers.ts';

/**
 * A copy as control does it: capture on, applier running, so that it could be done under writes. Prints its result as one
 * line of JSON; a process of its own, so that its CPU time is its own.
 */
const servers = JSON.parse(process.argv[2] ?? '') as Pick<CopyServers, 'source' | 'target'>;
const move = await openProductsMove(servers);
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
