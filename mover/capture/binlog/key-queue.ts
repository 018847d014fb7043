import type { KeyValues } from '../../plan/key-range.ts';
import type { Place } from './binlog-reader.ts';
import { type KeyText, keyOf } from './key-text.ts';

/** A key that was noted and is not applied yet. */
export class QueuedKey {
  readonly text: KeyText;
  readonly place: Place;
  readonly #noted: Moment;
  /** It may have been read again already: what comes now needs an entry of its own. */
  taken = false;
  /** An entry of the same key that was taken and is not forgotten: reading may not begin after it. */
  before: QueuedKey | null;

  constructor(text: KeyText, place: Place, noted: Moment, before: QueuedKey | null) {
    this.text = text;
    this.place = place;
    this.#noted = noted;
    this.before = before;
  }

  get key(): KeyValues {
    return keyOf(this.text);
  }

  /** Milliseconds of this process's clock. */
  get notedAt(): number {
    return this.#noted.at;
  }
}

/** All that was noted within a millisecond shares one. */
interface Moment {
  readonly at: number;
}

/** How many keys the queues of one move hold together. */
export class QueuedTotal {
  count = 0;
}

/** Dirty keys of one table in memory, each once, in the order in which they came. */
export class KeyQueue {
  readonly #entries = new Map<string, QueuedKey>();
  readonly #total: QueuedTotal;
  #now: Moment = { at: 0 };

  constructor(total = new QueuedTotal()) {
    this.#total = total;
  }

  get size(): number {
    return this.#entries.size;
  }

  note(text: KeyText, place: Place): void {
    const known = this.#entries.get(text);
    // Not read yet: when it is, the change that comes now is read with it.
    if (known !== undefined && !known.taken) return;
    if (known === undefined) this.#total.count += 1;
    const now = Date.now();
    if (now !== this.#now.at) this.#now = { at: now };
    this.#entries.set(text, new QueuedKey(text, place, this.#now, known ?? null));
  }

  has(text: KeyText): boolean {
    return this.#entries.has(text);
  }

  clear(): void {
    this.#total.count -= this.#entries.size;
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
      if (this.#entries.get(entry.text) !== entry) continue;
      this.#entries.delete(entry.text);
      this.#entries.set(entry.text, entry);
    }
  }

  forget(entries: readonly QueuedKey[]): void {
    for (const entry of entries) {
      const now = this.#entries.get(entry.text);
      if (now === entry) {
        this.#entries.delete(entry.text);
        this.#total.count -= 1;
      } else if (now?.before === entry) now.before = null;
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
