import { TargetBooks } from './bookkeeping/target-books.ts';
import type { MoveSpec } from './move-spec.ts';
import { Link } from './sql/link.ts';

/**
 * Takes the move over: the epoch returned is the only one whose commits on the target succeed from now on. Waits for
 * commits under way (up to 10 s). Creates the bookkeeping schema where there is none.
 */
export async function claimEpoch(spec: MoveSpec): Promise<number> {
  const link = new Link({ endpoint: spec.target, applies: true, lockWaitSeconds: 20 });
  try {
    const session = await link.session();
    const books = new TargetBooks(spec.bookkeepingSchema, spec.id);
    await books.ensureTables(session);
    return await books.claimEpoch(session);
  } finally {
    link.close();
  }
}
