import { describeError } from '../../common/errors.ts';
import { within } from '../../common/within.ts';
import type { Backlog, CopiedTable, CopyPace, FeedStanding, Verified } from '../../mover/index.ts';
import type { MoveDirection } from './move-specs.ts';

export interface RunnerStatus {
  /** This process has the move's lease. */
  readonly held: boolean;
  readonly applying: MoveDirection | null;
  readonly backlog: Backlog | null;
  /** Keys whose rows on the other side somebody else has locked: their changes wait, all others go on. */
  readonly lockedKeys: number;
  /** How fast rows are copied; null while none are. */
  readonly pace: CopyPace | null;
  /** How far the copy of each table is; null while nothing is copied, or it cannot be read. */
  readonly copied: readonly CopiedTable[] | null;
  /** What is known of the equality of both sides; null: nothing is to be equal, or it cannot be read. */
  readonly verified: (Verified & { readonly trouble: string | null }) | null;
  /** Of its change feed; null: it has none, or it cannot be read. */
  readonly feed: FeedStanding | null;
  /** What the runner tries again and again to get past: a server that is away, for example. */
  readonly trouble: string | null;
}

/** A server that does not answer keeps nobody who asks for the status waiting. */
const statusPatienceMs = 2_000;

export interface StatusSources {
  readonly held: boolean;
  readonly backlog: () => Promise<Backlog>;
  readonly lockedKeys: () => Promise<number>;
  readonly verified: () => Promise<Verified | null>;
  readonly copied: () => Promise<readonly CopiedTable[] | null>;
  readonly feed: () => Promise<FeedStanding | null>;
}

/** Asks, each for so long at most; what cannot be read first is told, and nothing is asked after it. Of a move in another process nothing is known. */
export async function readStatus({ held, backlog, lockedKeys, verified, copied, feed }: StatusSources) {
  let unread: string | null = null;
  const read = async <Found>(what: string, look: () => Promise<Found>): Promise<Found | null> => {
    if (!held || unread !== null) return null;
    try {
      return await within(statusPatienceMs, look());
    } catch (error) {
      unread = `${what} cannot be read: ${describeError(error).message}`;
      return null;
    }
  };
  const found = {
    backlog: await read('the log', backlog),
    lockedKeys: await read('what waits for rows', lockedKeys),
    verified: await read('what was verified', verified),
    copied: await read('how far the copy is', copied),
    feed: await read('the change feed', feed),
  };
  return { ...found, unread: unread as string | null };
}
