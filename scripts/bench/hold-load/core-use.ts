import { cpuMicrosOf } from '../../runs/cpu-time.ts';
import type { StackInfo } from '../../stack/stack-info.ts';

/** By part: how many cores it used, 0.25 for a quarter of one. */
export type Cores = Readonly<Record<string, number>>;

/** What of the machine's cores each part of a stack uses, this process (which sends the load) among them. */
export class CoreUse {
  readonly #parts: ReadonlyMap<string, readonly number[]>;
  #at = performance.now();
  #before: ReadonlyMap<string, number>;

  constructor({ processes }: Pick<StackInfo, 'processes'>) {
    const parts = Object.entries(processes).map(([name, pids]) => [name, [pids].flat()] as const);
    this.#parts = new Map([...parts, ['bench', [process.pid]]]);
    this.#before = this.#read();
  }

  /** Since the last time, or since it was made. */
  take(): Cores {
    const [now, at] = [this.#read(), performance.now()];
    const used = [...now].map(([name, micros]) => {
      const cores = (micros - (this.#before.get(name) ?? 0)) / 1_000 / (at - this.#at);
      return [name, Math.round(cores * 100) / 100] as const;
    });
    [this.#before, this.#at] = [now, at];
    return Object.fromEntries(used);
  }

  #read(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#parts].map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + cpuMicrosOf(pid), 0)]),
    );
  }
}

/** The part that used most first. */
export function describeCores(cores: Cores): string {
  return Object.entries(cores)
    .sort(([, a], [, b]) => b - a)
    .map(([name, used]) => `${name} ${used}`)
    .join(', ');
}
