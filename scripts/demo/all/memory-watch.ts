import { readFile } from 'node:fs/promises';
import { pause } from '../../../common/pause.ts';

/** The most memory that processes had together: of what several share, each has its part (PSS). */
export class MemoryWatch {
  #peakBytes = 0;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  /** @param pids asked each time: a process that was started again has another one. */
  constructor(pids: () => readonly number[], everyMs = 3_000) {
    this.#loop = this.#run(pids, everyMs);
  }

  /** null where the system does not tell (no /proc). */
  async stop(): Promise<number | null> {
    this.#stop.abort();
    await this.#loop;
    return this.#peakBytes === 0 ? null : this.#peakBytes;
  }

  async #run(pids: () => readonly number[], everyMs: number): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const sizes = await Promise.all(pids().map(pssBytes));
      this.#peakBytes = Math.max(
        this.#peakBytes,
        sizes.reduce((sum, size) => sum + size, 0),
      );
      await pause(everyMs, signal);
    }
  }
}

async function pssBytes(pid: number): Promise<number> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    // It ended just now, or another user's: it has none that we could count.
    return 0;
  }
}
