import type { MoveWorks } from '../move-works.ts';
import { SnapshotBooks } from './snapshot-books.ts';
import { WatermarkBooks } from './watermark-books.ts';

type Works = Pick<MoveWorks, 'context' | 'plans' | 'admin'>;

/**
 * Before an applier begins. With the feed off it carries changes over without an entry, and says so. With the feed on, where changes were
 * carried over like that, or before there was a feed, it has every row told.
 */
export async function beginTelling(works: Works): Promise<void> {
  const { context, admin } = works;
  const sessions = { source: await admin.source.session(), target: await admin.target.session() };
  const books = {
    source: WatermarkBooks.of(context.spec, 'source'),
    target: WatermarkBooks.of(context.spec, 'target'),
  };
  if (context.feed === null) {
    for (const side of ['source', 'target'] as const) await books[side].forget(sessions[side]);
    return;
  }
  await books.target.ensureTable(sessions.target);
  for (const side of ['source', 'target'] as const)
    if ((await books[side].read(sessions[side])) !== null) return;
  // First: a mover that dies in between does both again.
  if (await askForSnapshots(works)) {
    context.logger.info(
      { move: context.spec.id },
      'changes may have been carried over that the change feed does not tell: a snapshot of every table follows',
    );
  }
  await context.guardedBooks(sessions.target, () => books.target.begin(sessions.target));
}

/** Of the service's tables, but for those that one was asked for and nobody has begun. Whether it asked for any. */
export async function askForSnapshots({ context, plans, admin }: Works): Promise<boolean> {
  if (context.feed === null) return false;
  const { service } = context.feed;
  const legacy = service === 'source' ? 'target' : 'source';
  const books = SnapshotBooks.of(context.spec, legacy);
  const session = await admin[legacy].session();
  const asked = (await books.read(session)).filter(({ done, begunBy }) => !done && begunBy === null);
  const waiting = new Set(asked.map(({ table }) => table));
  const tables = new Set(plans.map((plan) => plan[service].table));
  const missing = [...tables].filter((table) => !waiting.has(table));
  if (missing.length > 0) await books.ask(session, missing);
  return missing.length > 0;
}
