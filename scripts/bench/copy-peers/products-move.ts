import { createConnection } from 'mysql2/promise';
import { claimEpoch, type Move, openMove } from '../../../mover/index.ts';
import type { CopyServers } from './servers.ts';

/** A move of the products table between the two servers. */
export async function openProductsMove({
  source,
  target,
}: Pick<CopyServers, 'source' | 'target'>): Promise<Move> {
  const spec = {
    id: 'bench:forward',
    source,
    target,
    tables: [{ table: 'products' }],
    bookkeepingSchema: 'banyan',
  };
  for (const { database: _, ...server } of [source, target]) {
    const connection = await createConnection(server);
    await connection.query('CREATE DATABASE IF NOT EXISTS banyan');
    await connection.end();
  }
  return openMove(spec, { epoch: await claimEpoch(spec) });
}
