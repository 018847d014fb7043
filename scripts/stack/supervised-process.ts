import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError, describeError } from '../../common/errors.ts';
import type { GuardLink } from './guard-link.ts';

/** A process that has said it is ready. */
export interface RunningProcess {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Resolves with how it ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Asks it to end, insists after a while, and waits until it has. */
  stop(): Promise<void>;
}

export interface SupervisedProcessOptions {
  readonly name: string;
  /** Starts it, and resolves once it is ready. `onSpawn` is told the id as soon as there is one. */
  readonly launch: (signal: AbortSignal, onSpawn: (pid: number) => void) => Promise<RunningProcess>;
  readonly guard: GuardLink;
  /** Start it again when it dies. */
  readonly restart: boolean;
  /** Told whenever the process is another one. */
  readonly onChange: () => void;
  /** A remark for people. */
  readonly note: (text: string) => void;
}

/** Pauses before the second, third, … try to start again; the first comes at once. */
const pausesMs: readonly number[] = [0, 200, 400, 800, 1000];
const tellIdAfterMs = 1500;

/** One process of the stack: started, started again on the same address when it dies, stopped at the end. */
export class SupervisedProcess {
  readonly name: string;
  readonly #options: SupervisedProcessOptions;
  readonly #stopping = new AbortController();
  #running: RunningProcess | undefined;
  #pid = -1;
  #revival: Promise<void> = Promise.resolve();
  #restarts = 0;

  constructor(options: SupervisedProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** The id of the process that runs, or ran last. */
  get pid(): number {
    return this.#pid;
  }

  /** How often it had to be started again. */
  get restarts(): number {
    return this.#restarts;
  }

  get facts(): Readonly<Record<string, unknown>> {
    return this.#running?.facts ?? {};
  }

  /** Rejects when the process does not get ready; nothing is tried again then. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#launch(AbortSignal.any([signal, this.#stopping.signal]));
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error(`${this.name} is being stopped`));
    await this.#revival;
    await this.#running?.stop();
  }

  async #launch(signal: AbortSignal): Promise<void> {
    const { guard, launch, onChange } = this.#options;
    const spawned = (pid: number) => {
      this.#pid = pid;
      guard.watch(pid);
    };
    let running: RunningProcess;
    try {
      running = await launch(signal, spawned);
    } catch (error) {
      if (this.#pid > 0) guard.release(this.#pid);
      throw error;
    }
    if (running.pid !== this.#pid) spawned(running.pid);
    this.#running = running;
    running.ended.then((how) => this.#onEnd(running, how));
    onChange();
  }

  #onEnd(running: RunningProcess, how: string): void {
    this.#options.guard.release(running.pid);
    if (this.#stopping.signal.aborted) return;
    const { note, restart } = this.#options;
    note(`${this.name} (${running.pid}) ended: ${how}${restart ? '; starting it again' : ''}`);
    if (restart) this.#revival = this.#revive();
  }

  async #revive(): Promise<void> {
    const { signal } = this.#stopping;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await wait(pausesMs[Math.min(attempt, pausesMs.length - 1)], undefined, { signal });
        // Told when it serves; but nobody should have to wait for its id while a busy machine starts it.
        const early = setTimeout(() => this.#options.onChange(), tellIdAfterMs);
        await this.#launch(signal).finally(() => clearTimeout(early));
        this.#restarts++;
        return;
      } catch (error) {
        if (signal.aborted) return;
        const { message } = describeError(error instanceof BanyanError ? error : new Error(String(error)));
        this.#options.note(`${this.name} did not start again: ${message.split('\n')[0]}`);
      }
    }
  }
}
