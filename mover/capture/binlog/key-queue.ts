import { type KeyValues, keyId } from '../../plan/key-range.ts';
import type { Place } from './binlog-reader.ts';

/** A key that was noted and is not applied yet. */
export interface QueuedKey {
  readonly key: KeyValues;
  readonly place: Place;
  /** Milliseconds of this process's clock. */
  readonly notedAt: number;
  /** It may have been read again already: what comes now needs an entry of its own. */
  taken: boolean;
  /** An entry of the same key that was taken and is not forgotten: reading may not begin after it. */
  before: QueuedKey | null;
}

/** Dirty keys of one table in memory, each once, in the order in which they came. */
export class KeyQueue {
  readonly #entries = new Map<string, QueuedKey>();

  get size(): number {
    return this.#entries.size;
  }

  note(key: KeyValues, place: Place): void {
    const id = keyId(key);
    const known = this.#entries.get(id);
    // Not read yet: when it is, the change that comes now is read with it.
    if (known !== undefined && !known.taken) return;
    this.#entries.set(id, { key, place, notedAt: Date.now(), taken: false, before: known ?? null });
  }

  clear(): void {
    this.#entries.clear();
  }

  first(count: number): QueuedKey[] {
    const found: QueuedKey[] = [];
    for (const entry of this.#entries.values()) {
      if (found.length >= count) break;
      found.push(entry);
    }
    return found;
  }

  entries(): MapIterator<QueuedKey> {
    return this.#entries.values();
  }

  /** Lets others have their turn. */
  putLast(entries: readonly QueuedKey[]): void {
    for (const entry of entries) {
      const id = keyId(entry.key);
      if (this.#entries.get(id) !== entry) continue;
      this.#entries.delete(id);
      this.#entries.set(id, entry);
    }
  }

  forget(entries: readonly QueuedKey[]): void {
    for (const entry of entries) {
      const id = keyId(entry.key);
      const now = this.#entries.get(id);
      if (now === entry) this.#entries.delete(id);
      else if (now?.before === entry) now.before = null;
    }
  }

  /** The place that reading must begin at, or before, so that every entry comes again; null when there is none. */
  oldest(): Place | null {
    let oldest: Place | null = null;
    for (const entry of this.#entries.values()) {
      for (let one: QueuedKey | null = entry; one !== null; one = one.before) {
        if (oldest === null || one.place.order < oldest.order) oldest = one.place;
      }
    }
    return oldest;
  }

  /** The place of what was noted last; null when nothing is queued. */
  newest(): Place | null {
    let newest: Place | null = null;
    for (const { place } of this.#entries.values()) {
      if (newest === null || place.order > newest.order) newest = place;
    }
    return newest;
  }

  oldestNotedAt(): number | null {
    let oldest: number | null = null;
    for (const { notedAt } of this.#entries.values()) {
      if (oldest === null || notedAt < oldest) oldest = notedAt;
    }
    return oldest;
  }
}
