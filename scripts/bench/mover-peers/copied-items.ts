import type { Move } from '../../../mover/index.ts';
import type { Engine } from '../../servers/index.ts';
import type { BenchContext } from '../bench.ts';
import { createItems, fillItems } from './items.ts';
import { makeItemsReady, openItemsMove } from './items-move.ts';
import { type MoverServers, startMoverServers } from './servers.ts';

export interface CopiedItems {
  readonly servers: MoverServers;
  /** Its log is empty, its applier stopped. */
  readonly move: Move;
  readonly rows: number;
}

/** Two servers with the same items, copied by banyan: a million of them, a tenth with `--quick`. */
export async function copiedItems(context: BenchContext, engine: Engine): Promise<CopiedItems> {
  const rows = context.quick ? 100_000 : 1_000_000;
  const servers = await startMoverServers(context, engine);
  const { source, target } = servers;
  context.log(`filling and copying ${rows} items (${engine})`);
  for (const endpoint of [source, target]) await createItems(endpoint, 1);
  await fillItems(source, rows);
  const move = await openItemsMove(servers);
  context.defer(() => move.close());
  await makeItemsReady(move);
  const applier = move.startApplying();
  await move.copy();
  await applier.drain({ deadlineMs: 120_000 });
  await applier.stop();
  return { servers, move, rows };
}
