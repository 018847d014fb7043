import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { seed } from '../../../legacy/seed.ts';
import type { DatabaseEndpoint } from '../../../mover/move-spec.ts';
import { migrate } from '../../migrate.ts';
import { type Engine, freePorts, type PrivateServer, startPrivateServer } from '../../servers/index.ts';
import { createDatabase } from '../../stack/create-database.ts';
import type { BenchContext } from '../bench.ts';

/** Two servers: a filled shop and an empty service database. */
export interface CopyServers {
  readonly source: DatabaseEndpoint;
  readonly target: DatabaseEndpoint;
  readonly processes: readonly PrivateServer[];
  readonly rows: number;
}

export async function startCopyServers(
  context: BenchContext,
  rows: number,
  engine: Engine = 'mariadb',
): Promise<CopyServers> {
  const ports = await freePorts(2);
  const processes: PrivateServer[] = [];
  for (const [index, port] of ports.entries()) {
    const server = await startPrivateServer({
      engine,
      dataDir: join(context.folder, `${engine}-${index}`),
      port,
      user: 'bench',
      password: 'bench',
      serverId: index + 1,
      signal: context.signal,
    });
    context.defer(() => server.stop());
    processes.push(server);
  }
  const account = { host: '127.0.0.1', user: 'bench', password: 'bench' };
  const source = { ...account, port: ports[0] ?? 0, database: 'shop' };
  const target = { ...account, port: ports[1] ?? 0, database: 'product' };
  await Promise.all([createDatabase(source), createDatabase(target)]);
  await Promise.all([migrate(source, 'legacy'), migrate(target, 'product')]);
  context.log(`filling the source (${engine}) with ${rows} products`);
  await seed(source, { products: rows, orders: 0, signal: context.signal });
  return { source, target, processes, rows };
}

/** Throws unless the target holds exactly the source's rows: a copy that is not equal has no speed. */
export async function assertEqual({ source, target }: CopyServers): Promise<void> {
  const [left, right] = await Promise.all([checksum(source), checksum(target)]);
  if (left !== right)
    throw new Error(`the copy differs from its source: checksum ${right} instead of ${left}`);
}

async function checksum(endpoint: DatabaseEndpoint): Promise<string> {
  const connection = await createConnection(endpoint);
  try {
    const [rows] = await connection.query<RowDataPacket[]>('CHECKSUM TABLE products');
    return String(rows[0]?.Checksum);
  } finally {
    await connection.end();
  }
}

export async function emptyTarget({ target }: CopyServers): Promise<void> {
  const connection = await createConnection(target);
  try {
    await connection.query('TRUNCATE TABLE products');
  } finally {
    await connection.end();
  }
}
