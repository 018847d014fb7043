import { pause } from '../../../common/pause.ts';
import type { StackSettings } from '../../stack/stack-settings.ts';
import { runJob } from './run-job.ts';

export interface JobRuns {
  readonly job: string;
  readonly runs: number;
  readonly failed: number;
}

export interface RunningJob {
  readonly job: string;
  /** On the clock of `performance.now()`. */
  readonly beganAt: number;
  /** Ends it as the system's memory killer does. */
  readonly kill: () => void;
}

/** A run of a job that did not end well. Times are on the clock of `performance.now()`. */
export interface FailedJob {
  readonly job: string;
  readonly beganAt: number;
  readonly endedAt: number;
  /** When it was, and what it said. */
  readonly what: string;
}

const jobs = ['offers', 'sales-by-shop', 'clean-up'] as const;

/** The shop's nightly jobs, one after the other, night after night, until they are stopped. */
export class NightlyJobs {
  readonly failures: FailedJob[] = [];
  readonly #counts = new Map<string, { runs: number; failed: number }>(
    jobs.map((job) => [job, { runs: 0, failed: 0 }]),
  );
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #running: RunningJob | undefined;

  constructor(settings: StackSettings, pauseMs: number) {
    this.#loop = this.#run(settings, pauseMs);
  }

  /** The run that is under way. */
  get running(): RunningJob | undefined {
    return this.#running;
  }

  /** How often a job has ended well. */
  done(job: string): number {
    const { runs, failed } = this.#counts.get(job) ?? { runs: 0, failed: 0 };
    return runs - failed;
  }

  /** Lets the one that runs end. Idempotent. */
  async stop(): Promise<readonly JobRuns[]> {
    this.#stop.abort();
    await this.#loop;
    return [...this.#counts].map(([job, count]) => ({ job, ...count }));
  }

  async #run(settings: StackSettings, pauseMs: number): Promise<void> {
    const { signal } = this.#stop;
    for (let n = 0; !signal.aborted; n++) {
      const job = jobs[n % jobs.length]!;
      const beganAt = performance.now();
      const { fault } = await runJob(settings, job, (kill) => {
        this.#running = { job, beganAt, kill };
      });
      this.#running = undefined;
      const count = this.#counts.get(job)!;
      count.runs++;
      if (fault !== null) {
        count.failed++;
        const what = `${new Date().toISOString()} job ${job}: ${fault}`;
        this.failures.push({ job, beganAt, endedAt: performance.now(), what });
      }
      await pause(pauseMs, signal);
    }
  }
}
