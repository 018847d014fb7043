import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import type { FeedValue } from './feed-value.ts';
import { keyToken } from './subject-token.ts';

/**
 * - `c`, `u`: the row is this; the side that does not own the rows had none with this key, or had one.
 * - `d`: there is no such row.
 * - `r`: the row is this, of a snapshot.
 * - `m`: no row; a snapshot of the table begins or ends.
 */
export type FeedOp = 'c' | 'u' | 'd' | 'r' | 'm';

/** One row of the feed, before it has a number. */
export interface FeedEntry {
  /** The service's. */
  readonly table: string;
  /** Null for `m`. */
  readonly key: Readonly<Record<string, FeedValue>> | null;
  readonly op: FeedOp;
  readonly after: Readonly<Record<string, FeedValue>> | null;
  readonly snapshot: 'false' | 'first' | 'true' | 'last';
}

/** Far below the smallest max_allowed_packet that anyone runs, but for a row that is longer. */
const statementCharacters = 1_000_000;

/** Appends entries in their order, in the caller's transaction. */
export async function appendEntries(
  session: Session,
  place: string,
  epoch: number,
  entries: readonly FeedEntry[],
): Promise<void> {
  const head = `INSERT INTO ${place} (epoch, table_name, key_token, key_json, op, snapshot, after_json, read_at) VALUES `;
  const readAt = Date.now();
  let tuples: string[] = [];
  let characters = 0;
  const flush = async () => {
    if (tuples.length > 0) await session.run(head + tuples.join(','));
    tuples = [];
    characters = 0;
  };
  for (const entry of entries) {
    const texts = [entry.table, tokenOf(entry), JSON.stringify(entry.key), entry.op, entry.snapshot].map(
      quoteText,
    );
    const after = entry.after === null ? 'NULL' : quoteText(JSON.stringify(entry.after));
    const tuple = `(${epoch}, ${texts.join(', ')}, ${after}, ${readAt})`;
    if (characters + tuple.length > statementCharacters) await flush();
    tuples.push(tuple);
    characters += tuple.length;
  }
  await flush();
}

function tokenOf({ key, snapshot }: FeedEntry): string {
  if (key !== null) return keyToken(Object.values(key));
  return snapshot === 'first' ? '%begin' : '%end';
}
