import { openItemsMove } from './items-move.ts';
import type { MoverServers } from './servers.ts';

/**
 * Captures from the binary log until SIGTERM, and says so in one line once it reads. A process of its own, so that its CPU time is
 * not the load's, which would write less for it.
 */
const servers = JSON.parse(process.argv[2] ?? '') as Pick<MoverServers, 'source' | 'target'>;
const told = new Promise((resolve) => process.once('SIGTERM', resolve));
const move = await openItemsMove(servers, { capture: 'binlog' });
await move.installCapture();
process.stdout.write('reading\n');
await told;
await move.dropCapture();
await move.close();
