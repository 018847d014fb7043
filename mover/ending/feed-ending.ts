import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from '../../common/errors.ts';
import { FeedBooks } from '../feed/feed-books.ts';
import { waitingOf } from '../feed/feed-standing.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSpec } from '../move-spec.ts';
import type { Session } from '../sql/session.ts';

/** A relay that runs sends an entry sooner than that, in milliseconds. */
const relayMs = 10_000;

/**
 * Entries that no broker has acknowledged would be gone. While the move goes on there are always some: one that is old says that nobody sends
 * them. Where the feed is off by now nobody wants them.
 */
export async function feedFaults(
  source: Session,
  target: Session,
  spec: MoveSpec,
  olderThanMs = relayMs,
): Promise<Fault[]> {
  if (spec.feed === undefined) return [];
  const found = [
    await waitingOf(FeedBooks.of(spec, 'source'), source),
    await waitingOf(FeedBooks.of(spec, 'target'), target),
  ];
  const waiting = found.reduce((sum, one) => sum + one.waiting, 0);
  const oldest = Math.min(...found.map(({ oldestAt }) => oldestAt));
  if (waiting === 0 || Date.now() - oldest < olderThanMs) return [];
  const feature = featureOf(spec);
  return [
    {
      code: 'BANYAN_FEED_UNSENT',
      what: `${waiting} entries of the change feed wait to be sent, and would be dropped`,
      fix: `Let \`banyan feed ${feature} --to nats://HOST:PORT\` send them; or set features.${feature}.feed to false and reload: then they are dropped.`,
    },
  ];
}

/** When nothing is appended any more: gives a relay the time to send the rest. Returns what is wrong after that. */
export async function untilFeedIsSent(source: Session, target: Session, spec: MoveSpec): Promise<Fault[]> {
  const until = performance.now() + relayMs;
  for (;;) {
    const faults = await feedFaults(source, target, spec, 0);
    if (faults.length === 0 || performance.now() > until) return faults;
    await wait(100);
  }
}

/** What the consumers will miss. */
export function feedNotes(spec: MoveSpec): Fault[] {
  if (spec.feed === undefined) return [];
  return [
    {
      code: 'BANYAN_FEED_ENDS',
      what: 'the change feed ends: nothing is carried over any more, so nothing is told',
      fix: 'Tell whoever reads the stream. After a finish let the service publish its own changes.',
    },
  ];
}
