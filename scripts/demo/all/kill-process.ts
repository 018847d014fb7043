import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../../common/errors.ts';
import type { Stack } from '../../stack/start-stack.ts';
import type { Kill, Reach } from './kills.ts';
import type { NightlyJobs } from './nightly-jobs.ts';

export interface KillOptions {
  readonly stack: Stack;
  readonly kind: string;
  readonly process: string;
  readonly reach: Reach;
  /** Whether what the process does is done again. */
  readonly isBack: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** How long a process may be away: a busy machine may need tens of seconds to start one. */
const patienceMs = 60_000;
/** How long a job's next good end may take: the other jobs come before it. */
const jobPatienceMs = 300_000;

/**
 * Kills a process as the system's memory killer does, and waits until it has been started again and does its work. What fails meanwhile is the kill's.
 * @throws BanyanError BANYAN_DEMO_FAILED when it does not come back
 */
export async function killProcess(options: KillOptions): Promise<Kill> {
  const { stack, kind, process: name, reach, isBack, signal } = options;
  const supervised = stack.process(name);
  const before = supervised.restarts;
  const from = performance.now();
  process.kill(supervised.pid, 'SIGKILL');
  while (supervised.restarts === before || !(await isBack())) {
    if (performance.now() - from > patienceMs) {
      throw new BanyanError(
        'BANYAN_DEMO_FAILED',
        `${name} was killed and did not come back within a minute.`,
        {
          fix: `Read logs/${name}.log in the data folder: it says how it ended, or why it does not start.`,
        },
      );
    }
    await wait(50, undefined, { signal });
  }
  return { kind, process: name, reach, from, to: performance.now() };
}

/**
 * Kills a nightly job in the midst of its run, and waits until another run of it has ended well: what it had not done that one did.
 * @throws BanyanError BANYAN_DEMO_FAILED when none does
 */
export async function killJob(jobs: NightlyJobs, signal: AbortSignal): Promise<Kill> {
  // It has begun to work by then.
  const isAtWork = () => performance.now() - (jobs.running?.beganAt ?? Number.POSITIVE_INFINITY) > 1_000;
  while (!isAtWork()) await wait(20, undefined, { signal });
  const { job, kill } = jobs.running!;
  const done = jobs.done(job);
  const from = performance.now();
  kill();
  while (jobs.done(job) === done) {
    if (performance.now() - from > jobPatienceMs) {
      throw new BanyanError('BANYAN_DEMO_FAILED', `The job ${job} was killed and did not end well since.`, {
        fix: 'Run it by hand: it says what is wrong.',
      });
    }
    await wait(50, undefined, { signal });
  }
  return { kind: 'a nightly job', process: job, reach: { jobs: [job] }, from, to: performance.now() };
}

/** Whether a path is answered by each of these routers, thrice in a row. */
export async function answers(routers: readonly string[], path: string): Promise<boolean> {
  for (const router of routers) {
    for (let n = 0; n < 3; n++) {
      try {
        const response = await fetch(`${router}${path}`, {
          redirect: 'manual',
          signal: AbortSignal.timeout(10_000),
        });
        await response.arrayBuffer();
        if (response.status >= 500) return false;
      } catch {
        // It does not listen yet.
        return false;
      }
    }
  }
  return true;
}
