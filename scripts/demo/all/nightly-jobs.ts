import { pause } from '../../../common/pause.ts';
import type { StackSettings } from '../../stack/stack-settings.ts';
import { runJob } from './run-job.ts';

export interface JobRuns {
  readonly job: string;
  readonly runs: number;
  readonly failed: number;
}

const jobs = ['offers', 'sales-by-shop', 'clean-up'] as const;

/** The shop's nightly jobs, one after the other, night after night, until they are stopped. */
export class NightlyJobs {
  /** What the failed ones said. */
  readonly failures: string[] = [];
  readonly #counts = new Map<string, { runs: number; failed: number }>(
    jobs.map((job) => [job, { runs: 0, failed: 0 }]),
  );
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  constructor(settings: StackSettings, pauseMs: number) {
    this.#loop = this.#run(settings, pauseMs);
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
      const { fault } = await runJob(settings, job);
      const count = this.#counts.get(job)!;
      count.runs++;
      if (fault !== null) {
        count.failed++;
        this.failures.push(`${new Date().toISOString()} job ${job}: ${fault}`);
      }
      await pause(pauseMs, signal);
    }
  }
}
