import type { Operation } from './operation.ts';

/** Notes what clients do, by key, while they do it. */
export class History<Key, Value> {
  readonly #operations = new Map<Key, Operation<Value>[]>();

  /**
   * Notes a write around the work that does it. `work` resolves with true: acknowledged; with false: refused, and
   * certainly without effect. A rejection leaves the outcome open.
   */
  async write(key: Key, value: Value, work: () => Promise<boolean>): Promise<void> {
    const calledAt = performance.now();
    let acknowledged: boolean;
    try {
      acknowledged = await work();
    } catch {
      // No answer: the write may have taken effect, or may do so later.
      this.#add(key, { kind: 'write', value, calledAt, returnedAt: Number.POSITIVE_INFINITY });
      return;
    }
    if (acknowledged) this.#add(key, { kind: 'write', value, calledAt, returnedAt: performance.now() });
  }

  /** Notes a read. A read that fails says nothing. */
  async read(key: Key, work: () => Promise<Value | null>): Promise<void> {
    const calledAt = performance.now();
    const value = await work();
    if (value !== null) this.#add(key, { kind: 'read', value, calledAt, returnedAt: performance.now() });
  }

  keys(): Key[] {
    return [...this.#operations.keys()];
  }

  of(key: Key): readonly Operation<Value>[] {
    return this.#operations.get(key) ?? [];
  }

  #add(key: Key, operation: Operation<Value>): void {
    const known = this.#operations.get(key);
    if (known === undefined) this.#operations.set(key, [operation]);
    else known.push(operation);
  }
}
