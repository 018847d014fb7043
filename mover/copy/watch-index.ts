import { pause } from '../../common/pause.ts';
import type { IndexProgress } from '../move.ts';
import type { Link } from '../sql/link.ts';
import type { Session } from '../sql/session.ts';

const lookEveryMs = 1_000;

export interface WatchIndex {
  /** Not the one that makes the indexes. */
  readonly link: Link;
  /** The connection that does. */
  readonly connectionId: number;
  readonly about: Pick<IndexProgress, 'table' | 'indexes' | 'done' | 'total'>;
  readonly onProgress: (progress: IndexProgress) => void;
  readonly signal: AbortSignal;
}

/** Tells every second how far an ALTER TABLE of another connection is, until `signal` aborts. Never rejects. */
export async function watchIndex(work: WatchIndex): Promise<void> {
  const { link, connectionId, about, onProgress, signal } = work;
  const began = performance.now();
  while (!signal.aborted) {
    const share = await link
      .session()
      .then((session) => shareDone(session, connectionId))
      // It is told without; whoever makes the indexes finds out what is wrong with the server.
      .catch(() => null);
    if (signal.aborted) return;
    const elapsedMs = performance.now() - began;
    onProgress({ ...about, share, elapsedMs, etaSeconds: etaSeconds(share, elapsedMs) });
    await pause(lookEveryMs, signal);
  }
}

/** What is left of it if it goes on as it went so far. Pure. */
export function etaSeconds(share: number | null, elapsedMs: number): number | null {
  if (share === null || share < 0.01) return null;
  return Math.round((elapsedMs * (1 / share - 1)) / 1_000);
}

/**
 * 0 to 1; null where the server does not say: MySQL tells it only where the consumer events_stages_current is on and the
 * account may read it.
 */
async function shareDone(session: Session, connectionId: number): Promise<number | null> {
  const [row] = await session.texts(
    session.engine === 'mariadb'
      ? `SELECT STAGE - 1 + PROGRESS / 100, MAX_STAGE FROM information_schema.PROCESSLIST
          WHERE ID = ${connectionId} AND MAX_STAGE > 0`
      : `SELECT WORK_COMPLETED, WORK_ESTIMATED
           FROM performance_schema.events_stages_current JOIN performance_schema.threads USING (THREAD_ID)
          WHERE PROCESSLIST_ID = ${connectionId} AND WORK_ESTIMATED > 0`,
  );
  if (row === undefined) return null;
  const share = Number(row[0]) / Number(row[1]);
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : null;
}
