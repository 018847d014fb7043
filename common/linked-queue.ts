/** What can stand in a `LinkedQueue`, in one at a time. The queue's to set. */
export interface Linked<T> {
  ahead: T | null;
  behind: T | null;
}

/**
 * Those who wait, first come, first served; whoever gives up leaves from the middle.
 *
 * Not a Set: one that is added to and deleted from for each request makes a new table every so often, and V8 leaves in the old
 * table a link to the new one. Once such a table has grown old, everything that was ever in its successors lives until the
 * next full collection: at 20,000 requests a second scavenges took 10–15 ms instead of less than 1 ms. Here whoever leaves
 * takes its links with it.
 */
export class LinkedQueue<T extends Linked<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | null {
    return this.#first;
  }

  has(item: T): boolean {
    return item.ahead !== null || this.#first === item;
  }

  /** Puts the item at the end. It must not stand in a queue already. */
  add(item: T): void {
    item.ahead = this.#last;
    if (this.#last === null) this.#first = item;
    else this.#last.behind = item;
    this.#last = item;
    this.#size += 1;
  }

  /** False when it did not stand here. */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    const { ahead, behind } = item;
    if (ahead === null) this.#first = behind;
    else ahead.behind = behind;
    if (behind === null) this.#last = ahead;
    else behind.ahead = ahead;
    item.ahead = null;
    item.behind = null;
    this.#size -= 1;
    return true;
  }
}
