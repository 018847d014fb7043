import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../mover/index.ts';
import { cpuMicrosOf } from '../../runs/cpu-time.ts';
import { type Engine, freePorts, type PrivateServer, startPrivateServer } from '../../servers/index.ts';
import { createDatabase } from '../../stack/create-database.ts';
import type { BenchContext } from '../bench.ts';

/** Two servers of one kind, each with an empty database. */
export interface MoverServers {
  readonly engine: Engine;
  readonly source: DatabaseEndpoint;
  readonly target: DatabaseEndpoint;
  readonly processes: readonly PrivateServer[];
}

export async function startMoverServers(
  context: BenchContext,
  engine: Engine,
  {
    durable = false,
  }: { /** Each commit is on the disk before it is answered. */ readonly durable?: boolean } = {},
): Promise<MoverServers> {
  const ports = await freePorts(2);
  const processes: PrivateServer[] = [];
  for (const [index, port] of ports.entries()) {
    const server = await startPrivateServer({
      engine,
      dataDir: join(context.folder, `${engine}-${port}`),
      port,
      user: 'bench',
      password: 'bench',
      serverId: index + 1,
      // As an operator would have it: the rows fit into memory, and no page is written twice because the redo log is full.
      bufferPoolMib: 1024,
      redoLogMib: 1024,
      // `banyan check` asks for it.
      interleavesCounters: true,
      durable,
      signal: context.signal,
    });
    context.defer(() => server.stop());
    processes.push(server);
  }
  const account = { host: '127.0.0.1', user: 'bench', password: 'bench' };
  const source = { ...account, port: ports[0] ?? 0, database: 'shop' };
  const target = { ...account, port: ports[1] ?? 0, database: 'service' };
  for (const endpoint of [source, target]) {
    await createDatabase(endpoint);
    await createDatabase({ ...endpoint, database: 'banyan' });
  }
  return { engine, source, target, processes };
}

/** CPU time of both servers so far, in microseconds. */
export function serversCpu({ processes }: Pick<MoverServers, 'processes'>): number {
  return processes.reduce((sum, server) => sum + cpuMicrosOf(server.pid), 0);
}

/** Runs the statements one after the other and answers with the rows of the last. */
export async function runSql(endpoint: DatabaseEndpoint, ...statements: string[]): Promise<RowDataPacket[]> {
  const connection = await createConnection(endpoint);
  try {
    let rows: RowDataPacket[] = [];
    for (const statement of statements) [rows] = await connection.query<RowDataPacket[]>(statement);
    return rows;
  } finally {
    await connection.end();
  }
}
