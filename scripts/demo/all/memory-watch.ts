import { readFile } from 'node:fs/promises';
import { pause } from '../../../common/pause.ts';

export interface PeakMemory {
  readonly bytes: number;
  /** Each process's part at that moment, the largest first. */
  readonly processes: readonly { readonly process: string; readonly bytes: number }[];
}

/** The most memory that processes had together: of what several share, each has its part (PSS). */
export class MemoryWatch {
  #peak: PeakMemory = { bytes: 0, processes: [] };
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  /** @param processes ids by name, asked each time: a process that was started again has another one. */
  constructor(processes: () => ReadonlyMap<string, number>, everyMs = 3_000) {
    this.#loop = this.#run(processes, everyMs);
  }

  /** null where the system does not tell (no /proc). */
  async stop(): Promise<PeakMemory | null> {
    this.#stop.abort();
    await this.#loop;
    return this.#peak.bytes === 0 ? null : this.#peak;
  }

  async #run(processes: () => ReadonlyMap<string, number>, everyMs: number): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const sizes = await Promise.all(
        [...processes()].map(async ([process, pid]) => ({ process, bytes: await pssBytes(pid) })),
      );
      const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
      if (bytes > this.#peak.bytes) {
        this.#peak = { bytes, processes: sizes.sort((one, other) => other.bytes - one.bytes) };
      }
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
