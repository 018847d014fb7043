import type { FailedRequest } from '../crowd.ts';
import type { FailedJob } from './nightly-jobs.ts';

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

/** What may fail while a process is away. Left out: nothing. */
export interface Reach {
  /** Requests by this router. */
  readonly router?: number;
  /** Requests that match it as `METHOD /path`. */
  readonly requests?: RegExp;
  /** Nightly jobs, by name. */
  readonly jobs?: readonly string[];
}

export interface Attributed {
  /** How many requests each kill cost. */
  readonly requests: ReadonlyMap<Kill, number>;
  /** And how many runs of jobs. */
  readonly jobs: ReadonlyMap<Kill, number>;
  /** Those that no kill explains. */
  readonly unexplained: readonly FailedRequest[];
  readonly unexplainedJobs: readonly FailedJob[];
}

/**
 * Whose each failure is. A kill explains a request that was under way between the kill and the end of its effects, that has to do with the process,
 * and that got no answer or one of the servers' own faults (5xx): a wrong answer is no kill's. The same of a job's run. Pure.
 */
export function attribute(
  failures: readonly FailedRequest[],
  failedJobs: readonly FailedJob[],
  kills: readonly Kill[],
): Attributed {
  const requests = new Map<Kill, number>(kills.map((kill) => [kill, 0]));
  const jobs = new Map<Kill, number>(kills.map((kill) => [kill, 0]));
  const unexplained = failures.filter((failed) => {
    const kill = kills.find((one) => explains(one, failed));
    if (kill !== undefined) requests.set(kill, requests.get(kill)! + 1);
    return kill === undefined;
  });
  const unexplainedJobs = failedJobs.filter((failed) => {
    const kill = kills.find((one) => one.reach.jobs?.includes(failed.job) && wasMeanwhile(one, failed));
    if (kill !== undefined) jobs.set(kill, jobs.get(kill)! + 1);
    return kill === undefined;
  });
  return { requests, jobs, unexplained, unexplainedJobs };
}

function explains(kill: Kill, failed: FailedRequest): boolean {
  if (failed.status !== null && failed.status < 500) return false;
  const { router, requests } = kill.reach;
  const isReached = failed.router === router || requests?.test(`${failed.method} ${failed.path}`) === true;
  return isReached && wasMeanwhile(kill, failed);
}

function wasMeanwhile(
  { from, to }: Kill,
  { beganAt, endedAt }: { readonly beganAt: number; readonly endedAt: number },
): boolean {
  return endedAt >= from && beganAt <= to;
}
