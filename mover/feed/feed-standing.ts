import { isTableMissing } from '../../common/table-missing.ts';
import type { MoveSpec } from '../move-spec.ts';
import type { Session } from '../sql/session.ts';
import { FeedBooks } from './feed-books.ts';
import { SnapshotBooks } from './snapshot-books.ts';

/** More are not counted. */
export const feedCountMax = 100_000;

/** Of a feature's change feed, on both sides. */
export interface FeedStanding {
  /** Entries that wait to be sent; `feedCountMax` stands for as many or more. */
  readonly waiting: number;
  /** How long ago the oldest of them was read, in milliseconds; 0: none waits. */
  readonly oldestMs: number;
  /** Snapshots that were asked for and are not done. */
  readonly snapshots: readonly { readonly table: string; readonly rows: number }[];
}

/** `service`: which side of the spec it is. */
export async function readFeedStanding(
  spec: MoveSpec,
  service: 'source' | 'target',
  sessions: { readonly source: Session; readonly target: Session },
): Promise<FeedStanding> {
  const sides = ['source', 'target'] as const;
  const found = await Promise.all(sides.map((side) => waitingOf(FeedBooks.of(spec, side), sessions[side])));
  const oldest = Math.min(...found.map(({ oldestAt }) => oldestAt));
  const legacy = service === 'source' ? 'target' : 'source';
  const snapshots = await SnapshotBooks.of(spec, legacy).read(sessions[legacy]);
  return {
    waiting: Math.min(
      feedCountMax,
      found.reduce((sum, { waiting }) => sum + waiting, 0),
    ),
    oldestMs: Number.isFinite(oldest) ? Math.max(0, Date.now() - oldest) : 0,
    snapshots: snapshots.filter(({ done }) => !done).map(({ table, rows }) => ({ table, rows })),
  };
}

/** Entries of one side that no broker has acknowledged. Nothing where there is no table. */
export async function waitingOf(books: FeedBooks, session: Session) {
  try {
    const [row] = await session.texts(
      `SELECT COUNT(*), MIN(read_at) FROM (SELECT read_at FROM ${books.entries} WHERE sent_at IS NULL
          ORDER BY epoch, seq LIMIT ${feedCountMax}) AS waiting`,
    );
    const oldest = row?.[1];
    return { waiting: Number(row?.[0]), oldestAt: oldest ? Number(oldest) : Number.POSITIVE_INFINITY };
  } catch (error) {
    if (isTableMissing(error)) return { waiting: 0, oldestAt: Number.POSITIVE_INFINITY };
    throw error;
  }
}
