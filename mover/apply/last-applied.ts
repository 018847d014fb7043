import { type KeyValues, keyId } from '../plan/key-range.ts';

/** The keys that an applier carried over last, each once; the oldest are forgotten beyond `most`. */
export class LastApplied {
  readonly #most: number;
  readonly #keys = new Map<string, KeyValues>();

  constructor(most: number) {
    this.#most = most;
  }

  add(keys: readonly KeyValues[]): void {
    for (const key of keys.slice(-this.#most)) {
      const id = keyId(key);
      this.#keys.delete(id);
      this.#keys.set(id, key);
    }
    for (const id of this.#keys.keys()) {
      if (this.#keys.size <= this.#most) break;
      this.#keys.delete(id);
    }
  }

  keys(): KeyValues[] {
    return [...this.#keys.values()];
  }
}
