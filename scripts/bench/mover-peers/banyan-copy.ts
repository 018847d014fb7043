import { setTimeout as wait } from 'node:timers/promises';
import type { DeferIndexes } from '../../../mover/index.ts';
import { clearItemsMove, makeItemsReady, openItemsMove } from './items-move.ts';
import type { MoverServers } from './servers.ts';

export interface CopySettings extends Pick<MoverServers, 'source' | 'target'> {
  readonly workers: number;
  readonly deferIndexes: DeferIndexes;
}

/**
 * A copy as control does it: the target fenced, capture on, applier running. Prints its result as one line of JSON, and goes on
 * applying until SIGTERM: then it carries over what is left, and takes away what it made. A process of its own, so that its CPU time
 * and its memory are its own.
 */
const settings = JSON.parse(process.argv[2] ?? '') as CopySettings;
const told = new Promise((resolve) => process.once('SIGTERM', resolve));
const move = await openItemsMove(settings, {
  deferIndexes: settings.deferIndexes,
  tuning: { copyWorkers: settings.workers },
});
await makeItemsReady(move);
const applier = move.startApplying();
const cpu = process.cpuUsage();
const beganAt = performance.now();
await Promise.race([move.copy(), applier.failed.then((error) => Promise.reject(error))]);
const seconds = (performance.now() - beganAt) / 1000;
const { user, system } = process.cpuUsage(cpu);
const peakMemoryMB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ seconds, cpuMicros: user + system, peakMemoryMB })}\n`);
await told;
while ((await applier.backlog()).entries > 0) await wait(10);
await applier.stop();
await clearItemsMove(move);
await move.close();
