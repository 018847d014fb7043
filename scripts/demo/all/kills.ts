import type { FailedRequest } from '../crowd.ts';

/** One process that was killed, and how long it took until all was as before. */
export interface Kill {
  /** What kind of process: `a face of the monolith`. */
  readonly kind: string;
  /** The stack's name of it. */
  readonly process: string;
  /** What may fail meanwhile. */
  readonly reach: Reach;
  /** On the clock of `performance.now()`: before the kill, and when everything answered again. */
  readonly from: number;
  readonly to: number;
}

/** Requests by one router, requests to some paths, or none at all. */
export type Reach = { readonly router: number } | { readonly paths: readonly string[] } | 'nothing';

export interface Attributed {
  /** How many failures each kill cost. */
  readonly byKill: ReadonlyMap<Kill, number>;
  /** Those that no kill explains. */
  readonly unexplained: readonly FailedRequest[];
}

/**
 * Whose each failure is. A kill explains a request that was under way between the kill and the end of its effects, that has to do with the process,
 * and that got no answer or one of the servers' own faults (5xx): a wrong answer is no kill's. Pure.
 */
export function attribute(failures: readonly FailedRequest[], kills: readonly Kill[]): Attributed {
  const byKill = new Map<Kill, number>(kills.map((kill) => [kill, 0]));
  const unexplained: FailedRequest[] = [];
  for (const failed of failures) {
    const kill = kills.find((one) => explains(one, failed));
    if (kill === undefined) unexplained.push(failed);
    else byKill.set(kill, byKill.get(kill)! + 1);
  }
  return { byKill, unexplained };
}

function explains({ reach, from, to }: Kill, failed: FailedRequest): boolean {
  if (failed.status !== null && failed.status < 500) return false;
  if (failed.endedAt < from || failed.beganAt > to) return false;
  if (reach === 'nothing') return false;
  if ('router' in reach) return failed.router === reach.router;
  return reach.paths.some((path) => failed.path.startsWith(path));
}
