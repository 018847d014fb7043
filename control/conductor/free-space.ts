import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../mover/index.ts';

/** What a server has left where it keeps its data. */
export interface FreeSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/**
 * Neither server tells by SQL how much room is left, so it is known only of one on this machine whose data directory can be seen
 * from here. Null: it is not known. A full disk makes a server wait in silence, and a handover with it.
 */
export async function freeSpace(endpoint: DatabaseEndpoint): Promise<FreeSpace | null> {
  const { host, port, user, password } = endpoint;
  const connection = await createConnection({ host, port, user, password, connectTimeout: 3_000 });
  try {
    const [[server]] = await connection.query<RowDataPacket[]>(
      'SELECT @@hostname AS host, @@datadir AS folder',
    );
    if (server?.host !== hostname()) return null;
    const { bavail, blocks, bsize } = await statfs(String(server.folder));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    // In a container of the same name, or in a folder that is closed to us.
    if (isUnseen(error)) return null;
    throw error;
  } finally {
    connection.destroy();
  }
}

function isUnseen(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR';
}
