import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Session } from '../sql/session.ts';

/** Data directories of servers that run on this machine; null for all others. */
const folders = new WeakMap<Session, string | null>();

/**
 * What is left on the disk where a server keeps its data. Neither engine tells it by SQL to an account of banyan's, so it is known
 * only of a server on this machine whose data directory can be seen from here. Null: it is not known.
 */
export async function freeBytes(session: Session): Promise<number | null> {
  let folder = folders.get(session);
  if (folder === undefined) {
    const [row] = await session.texts('SELECT @@hostname, @@datadir');
    folder = row?.[0] === hostname() ? (row[1] ?? null) : null;
    folders.set(session, folder);
  }
  if (folder === null) return null;
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // In a container of the same name, or in a folder that is closed to us.
    folders.set(session, null);
    return null;
  }
}
