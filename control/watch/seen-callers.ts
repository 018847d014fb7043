import type { Access } from '../usage/touched-tables.ts';

/** A caller and a table that it touched. */
export interface SeenCaller {
  readonly table: string;
  readonly access: Access;
  readonly caller: string;
  /** The last one, without its values. */
  readonly statement: string;
  readonly seen: number;
}

const longestCaller = 120;
/** For callers beyond those that there is room for. */
export const others = '(others)';

/** What one process has seen since it reported last: so many rows at most, whatever callers are called. */
export class SeenCallers {
  readonly #max: number;
  #seen = new Map<string, SeenCaller>();

  constructor(max: number) {
    this.#max = max;
  }

  note({ table, access, caller, statement }: Omit<SeenCaller, 'seen'>): void {
    const name = caller.slice(0, longestCaller);
    const key = `${table}\0${access}\0${name}`;
    const before = this.#seen.get(key);
    if (before === undefined && this.#seen.size >= this.#max && name !== others) {
      this.note({ table, access, caller: others, statement });
      return;
    }
    this.#seen.set(key, { table, access, caller: name, statement, seen: (before?.seen ?? 0) + 1 });
  }

  /** All of it; it begins anew. */
  take(): SeenCaller[] {
    const taken = [...this.#seen.values()];
    this.#seen = new Map();
    return taken;
  }

  /** What could not be reported is reported with what comes. */
  putBack(taken: readonly SeenCaller[]): void {
    for (const one of taken) {
      const key = `${one.table}\0${one.access}\0${one.caller}`;
      const since = this.#seen.get(key);
      if (since === undefined && this.#seen.size >= this.#max * 2) continue;
      this.#seen.set(key, { ...one, ...since, seen: one.seen + (since?.seen ?? 0) });
    }
  }
}
