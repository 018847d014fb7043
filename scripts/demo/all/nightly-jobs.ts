import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pause } from '../../../common/pause.ts';
import { legacyVariables } from '../../stack/stack-programs.ts';
import { repositoryRoot, type StackSettings } from '../../stack/stack-settings.ts';

export interface JobRuns {
  readonly job: string;
  readonly runs: number;
  readonly failed: number;
}

const jobs = ['offers', 'sales-by-shop', 'clean-up'] as const;

/** The shop's nightly jobs, one after the other, night after night, until they are stopped: each as a process, as cron starts them. */
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
    const env = {
      ...process.env,
      ...settings.environment,
      ...legacyVariables(settings),
    };
    for (let n = 0; !signal.aborted; n++) {
      const job = jobs[n % jobs.length]!;
      const today = new Date().toISOString().slice(0, 10);
      const child = spawn(process.execPath, ['legacy/jobs/main.ts', job, '--day', today], {
        ...{ cwd: repositoryRoot, env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const [status] = await once(child, 'close');
      const count = this.#counts.get(job)!;
      count.runs++;
      if (status !== 0) {
        count.failed++;
        this.failures.push(`${new Date().toISOString()} job ${job}: ${said.trim().split('\n')[0]}`);
      }
      await pause(pauseMs, signal);
    }
  }
}
