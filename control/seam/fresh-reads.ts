import type { IncomingMessage, ServerResponse } from 'node:http';
import { pause } from '../../common/pause.ts';
import { writeMarks } from '../../router/cohorts/write-mark.ts';
import type { SeamLink } from './seam-link.ts';

export interface FreshReadsOptions {
  /** Features whose tables the monolith's pages read. */
  readonly features: readonly string[];
  /** A page waits no longer, milliseconds. Default 1,000. */
  readonly deadlineMs?: number;
  /** By how much clocks of the routers and of this machine may differ, milliseconds. Default 250. */
  readonly skewMs?: number;
}

/** Said of an answer that may lack the client's own last write: the features, joined by commas. */
export const staleHeader = 'X-Banyan-Stale';

const askEveryMs = 20;

/**
 * A middleware for the monolith: a page that reads legacy's tables waits until they hold what its client wrote through a router to a feature
 * that has left (`router.markWrites`). Requests of clients that wrote nothing of late, and of features that have not left, do not wait.
 * After `deadlineMs` the page is made all the same, and `X-Banyan-Stale` says so.
 */
export function freshReads(
  link: SeamLink,
  { features, deadlineMs = 1_000, skewMs = 250 }: FreshReadsOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  for (const feature of features) link.has(feature);
  link.asksCurrent = true;
  return (request, response, next) => {
    const marks = writeMarks(request.headers).filter(
      ({ feature }) =>
        features.includes(feature) && link.table.current.features.get(feature)?.owner === 'service',
    );
    if (marks.length === 0) return next();
    const until = performance.now() + deadlineMs;
    Promise.all(
      marks.map(async ({ feature, at }) => {
        const ago = Math.max(0, Date.now() - at - skewMs);
        return (await isFresh(link, feature, performance.now() - ago, until)) ? [] : [feature];
      }),
    ).then((stale) => {
      if (stale.flat().length > 0) response.setHeader(staleHeader, stale.flat().join(', '));
      next();
    }, next);
  };
}

/** Whether legacy's tables hold all that was written before `since` by `until`, both by this process's monotonic clock. */
async function isFresh(link: SeamLink, feature: string, since: number, until: number): Promise<boolean> {
  const over = new AbortController();
  const known = link.currency.until(feature, since, Math.max(1, until - performance.now()));
  // The beats are more leisurely than somebody who waits for a page.
  const hurry = async () => {
    while (!over.signal.aborted && (await Promise.race([link.table.askAgain(), known.then(() => true)]))) {
      await pause(askEveryMs, over.signal);
    }
  };
  const hurrying = hurry();
  try {
    return await known;
  } finally {
    over.abort();
    await hurrying;
  }
}
