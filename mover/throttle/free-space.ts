import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { Session } from '../sql/session.ts';
import { errnoOf } from '../sql/sql-error.ts';

/** What a server has left where it keeps its data. */
export interface FreeSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** How the room of a server is known; null: it is not. */
type Look = (session: Session) => Promise<FreeSpace | null>;

const looks = new WeakMap<Session, Look>();

/**
 * What is left on the disk where a server keeps its data. Of a server on this machine the file system tells it; of another one MariaDB's plugin `disks`, where it
 * is installed and the account has FILE. MySQL tells it to nobody. Null: it is not known.
 */
export async function freeSpace(session: Session): Promise<FreeSpace | null> {
  const known = looks.get(session);
  if (known !== undefined) return known(session);
  for (const look of [await localLook(session), askDisks]) {
    const found = await look(session);
    if (found === null) continue;
    looks.set(session, look);
    return found;
  }
  looks.set(session, unknown);
  return null;
}

/** The same over a connection of its own. */
export async function readFreeSpace(endpoint: DatabaseEndpoint): Promise<FreeSpace | null> {
  const session = await Session.open({ endpoint, lockWaitSeconds: 5 });
  try {
    return await freeSpace(session);
  } finally {
    session.close();
  }
}

const unknown: Look = async () => null;

async function localLook(session: Session): Promise<Look> {
  const [row] = await session.texts('SELECT @@hostname, @@datadir');
  const folder = row?.[0] === hostname() ? row[1] : null;
  if (!folder) return unknown;
  return async () => {
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch {
      // In a container of the same name, or in a folder that is closed to us.
      return null;
    }
  };
}

/** ER_UNKNOWN_TABLE and the like: no plugin. ER_ACCESS_DENIED and ER_SPECIFIC_ACCESS_DENIED: no FILE. */
const notTold: ReadonlySet<number | undefined> = new Set([1109, 1146, 1045, 1142, 1227]);

/** In kilobytes, of each file system that is mounted there. */
export const askDisks: Look = async (session) => {
  if (session.engine !== 'mariadb') return null;
  // Of the file systems above the data directory the one that is mounted deepest. LOCATE, since a path is no pattern.
  const rows = await session
    .texts(
      `SELECT Total, Available FROM information_schema.DISKS
        WHERE Path = '/' OR LOCATE(CONCAT(Path, '/'), @@datadir) = 1 ORDER BY LENGTH(Path) DESC LIMIT 1`,
    )
    .catch((error: unknown) => {
      if (notTold.has(errnoOf(error))) return [];
      throw error;
    });
  const [total, available] = rows[0] ?? [];
  if (typeof total !== 'string' || typeof available !== 'string') return null;
  return { freeBytes: Number(available) * 1_024, totalBytes: Number(total) * 1_024 };
};
