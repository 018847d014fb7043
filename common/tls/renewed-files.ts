import { stat } from 'node:fs/promises';
import { pause } from '../pause.ts';

export interface RenewedFilesOptions<T> {
  /** What is looked at for changes. */
  readonly files: readonly string[];
  /** How often, milliseconds; 0: never. */
  readonly everyMs: number;
  /** What was read of the files at the start. */
  readonly current: T;
  /** Rejects where they cannot be used as they are. */
  readonly read: () => Promise<T>;
  /** Other content than before is in force. */
  readonly onRenewed: (now: T) => void;
  /** They have changed and cannot be used: what was in force stays. Told once as long as it is for the same reason. */
  readonly onRefused: (error: unknown) => void;
}

/**
 * The content of files that are renewed while the program runs, as certificates are. Key and certificate are written one after
 * the other, so a state that does not fit is looked at again, told of once, and changes nothing meanwhile.
 */
export class RenewedFiles<T> {
  readonly #options: RenewedFilesOptions<T>;
  readonly #stopping = new AbortController();
  #current: T;
  /** When the files were changed that `current` was read from; unknown at the start, for they may have changed since. */
  #inForce = '';
  /** Why they could not be used when they were last read. */
  #refused = '';
  #loop: Promise<void> | null = null;

  constructor(options: RenewedFilesOptions<T>) {
    this.#options = options;
    this.#current = options.current;
  }

  get current(): T {
    return this.#current;
  }

  start(): void {
    const { files, everyMs } = this.#options;
    if (everyMs > 0 && files.length > 0) this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await pause(this.#options.everyMs, signal, { ref: false });
      if (signal.aborted) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { files, read, onRenewed, onRefused } = this.#options;
    const stamp = await stampOf(files);
    if (stamp === this.#inForce) return;
    try {
      const now = await read();
      this.#inForce = stamp;
      this.#refused = '';
      if (JSON.stringify(now) === JSON.stringify(this.#current)) return;
      this.#current = now;
      onRenewed(now);
    } catch (error) {
      const { message } = error as Error;
      if (this.#refused === message) return;
      this.#refused = message;
      onRefused(error);
    }
  }
}

/** Changes whenever one of the files does. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
        // That it is away is a state like any other here; reading it says what is wrong.
        ({ code }: NodeJS.ErrnoException) => `${code}`,
      ),
    ),
  );
  return stamps.join(' ');
}
