import type { RangesInFlight } from '../copy/ranges-in-flight.ts';
import type { Lanes } from '../lanes.ts';
import { type KeyValues, keyId, rangeOfKey } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { lockedRows } from './locked-rows.ts';

/** Between two looks whether rows are free: clients may be held for the drain that waits for them. */
const lookEveryMs = 100;
/** Each is a condition of every take. */
const most = 200;

interface Aside {
  /** The rows that must be free first. */
  readonly lockedBy: readonly KeyValues[];
  readonly clear: () => void;
}

/**
 * Keys of one table that wait for rows of the target which somebody else has locked. They are left alone, as those in flight are, so that
 * all others are carried over meanwhile; their entries stay in the log. It outlives appliers, whose next one has to free them.
 */
export class SetAside {
  readonly #plans: readonly TablePlan[];
  readonly #ranges: RangesInFlight;
  readonly #keys = new Map<string, Aside>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(plans: readonly TablePlan[], ranges: RangesInFlight) {
    this.#plans = plans;
    this.#ranges = ranges;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Tells how many there was room for. Not within a take. */
  async add(keys: readonly KeyValues[], lockedBy: (key: KeyValues) => readonly KeyValues[]): Promise<number> {
    const some = keys.filter((key) => !this.#keys.has(keyId(key))).slice(0, most - this.#keys.size);
    for (const key of some) {
      const { clear } = await this.#ranges.publish(rangeOfKey(key));
      this.#keys.set(keyId(key), { lockedBy: lockedBy(key), clear });
    }
    this.#lookedAt = performance.now();
    return some.length;
  }

  /** Takes back in those whose rows are free. */
  async look(lanes: Lanes): Promise<void> {
    if (this.#keys.size === 0 || performance.now() - this.#lookedAt < lookEveryMs) return;
    const asked = [...this.#keys.values()].flatMap(({ lockedBy }) => lockedBy);
    const distinct = [...new Map(asked.map((key) => [keyId(key), key])).values()];
    const locked = await lanes.use(async ({ target }) => {
      const found: KeyValues[] = [];
      for (const plan of this.#plans) found.push(...(await lockedRows(target, plan.target, distinct)));
      return new Set(found.map(keyId));
    });
    for (const [id, { lockedBy, clear }] of this.#keys) {
      if (lockedBy.some((key) => locked.has(keyId(key)))) continue;
      clear();
      this.#keys.delete(id);
    }
    this.#lookedAt = performance.now();
  }
}
