/** A write request waiting for its feature's owner to be decided. */
export interface Parked {
  /** Octets that this process keeps for it while it waits. */
  readonly heldBytes: number;
  /** Decide again, now, by the table in force. */
  release(): void;
  /** It waits no longer: answer 503. `timedOut`: as long as a request may; `stopped`: the process is going down. */
  expire(why: 'timedOut' | 'stopped'): void;
}

export interface HoldBounds {
  /** Requests parked at once, over all features. */
  readonly maxRequests: number;
  /** Octets kept for them. */
  readonly maxBytes: number;
  /** Longest wait of one request, milliseconds. */
  readonly maxMs: number;
}

/**
 * Write requests of features in transition, in order of arrival. Every request waits equally long at most, so the oldest
 * is always the first to expire and one timer serves all.
 */
export class HoldQueue {
  readonly #bounds: HoldBounds;
  readonly #now: () => number;
  /** Insertion order is arrival order; the value is when the wait ends. */
  readonly #parked = new Map<Parked, number>();
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(bounds: HoldBounds, now: () => number = () => performance.now()) {
    this.#bounds = bounds;
    this.#now = now;
  }

  get size(): number {
    return this.#parked.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * False when the queue is full: the caller answers 503. `arrivedAt` keeps a request that is parked again, because the
   * next table holds its feature too, from waiting longer than the bound in all.
   */
  park(parked: Parked, arrivedAt: number = this.#now()): boolean {
    if (this.#parked.size >= this.#bounds.maxRequests) return false;
    if (this.#bytes + parked.heldBytes > this.#bounds.maxBytes) return false;
    this.#parked.set(parked, arrivedAt + this.#bounds.maxMs);
    this.#bytes += parked.heldBytes;
    this.#arm();
    return true;
  }

  /** For a client that gave up: it is never sent. */
  remove(parked: Parked): void {
    if (this.#parked.delete(parked)) this.#bytes -= parked.heldBytes;
    if (this.#parked.size === 0) this.#disarm();
  }

  /** Takes every request out and lets it decide again, oldest first; those still on hold park again, in the same order. */
  releaseAll(): void {
    const waiting = [...this.#parked.keys()];
    this.#parked.clear();
    this.#bytes = 0;
    this.#disarm();
    for (const parked of waiting) parked.release();
  }

  /** Answers 503 to all that wait: the process is going down. */
  expireAll(): void {
    const waiting = [...this.#parked.keys()];
    this.#parked.clear();
    this.#bytes = 0;
    this.#disarm();
    for (const parked of waiting) parked.expire('stopped');
  }

  #arm(): void {
    if (this.#timer !== null) return;
    const oldest = this.#parked.values().next();
    if (oldest.done) return;
    this.#timer = setTimeout(() => this.#expireDue(), Math.max(0, oldest.value - this.#now()));
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #expireDue(): void {
    this.#timer = null;
    const now = this.#now();
    for (const [parked, until] of this.#parked) {
      if (until > now) break;
      this.remove(parked);
      parked.expire('timedOut');
    }
    this.#arm();
  }
}
