import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Logs, NewLogEntry } from './log-table.ts';

const FLUSH_MS = 500;
const BATCH = 200;

/**
 * Every endpoint notes what it was asked, so entries wait in the process and go in batches: what a process that is killed had not written is
 * lost, and nobody waits for it.
 */
export class LogBatches {
  readonly #logs: Logs;
  readonly #log: Logger;
  /** A batch is many requests': it is sent for none of them, and none one's deadline is its. */
  readonly #apart = AsyncLocalStorage.snapshot();
  #waiting: NewLogEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(logs: Logs, log: Logger) {
    this.#logs = logs;
    this.#log = log;
  }

  note(entry: Omit<NewLogEntry, 'id'>): void {
    this.#waiting.push({ id: randomUUID(), ...entry });
    if (this.#waiting.length >= BATCH) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Everything noted so far is kept afterwards, or was given up with a warning. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) this.#writing = this.#writing.then(() => this.#apart(() => this.#write(batch)));
    return this.#writing;
  }

  async #write(batch: readonly NewLogEntry[]): Promise<void> {
    try {
      await this.#logs.append(batch);
    } catch (error) {
      this.#log.warn({ err: error, entries: batch.length }, 'Entries of the log are lost.');
    }
  }
}
