import { withBooksLock } from './bookkeeping/books-lock.ts';
import { TargetBooks } from './bookkeeping/target-books.ts';
import { FenceRow } from './fence/fence-row.ts';
import type { MoveSpec } from './move-spec.ts';
import { Link } from './sql/link.ts';

/**
 * Takes the move over: the epoch returned is the only one whose commits on the target succeed from now on, and nobody who
 * knew the fences of either side before can change them. Waits for commits under way (up to 10 s). Creates the bookkeeping
 * schema where there is none.
 */
export async function claimEpoch(spec: MoveSpec): Promise<number> {
  const links = {
    source: new Link({ endpoint: spec.source, lockWaitSeconds: 20 }),
    target: new Link({ endpoint: spec.target, lockWaitSeconds: 20 }),
  };
  try {
    // A feature that is entered keeps banyan's tables from being dropped.
    for (const side of ['source', 'target'] as const) {
      const session = await links[side].session();
      await withBooksLock(session, spec.bookkeepingSchema, () => FenceRow.of(spec, side).ensure(session));
    }
    const session = await links.target.session();
    const books = new TargetBooks(spec.bookkeepingSchema, spec.id);
    await books.ensureTables(session);
    const epoch = await books.claimEpoch(session);
    // After the epoch: a superseded process that reads a fence's new row finds its own epoch gone.
    for (const side of ['source', 'target'] as const) {
      await FenceRow.of(spec, side).claim(await links[side].session());
    }
    return epoch;
  } finally {
    links.source.close();
    links.target.close();
  }
}
