import type { Call } from './call.ts';

const maxSeqid = 0x7fffffff;

/**
 * The calls in flight on a connection by their sequence ids, which count upwards and pass over those whose place in the ring
 * is still taken. Not a Map, for the reason that `LinkedQueue` gives.
 */
export class InFlight {
  #ring: (Call | null)[] = new Array(64).fill(null);
  #size = 0;
  #lastId = 0;

  get size(): number {
    return this.#size;
  }

  /** Reserves nothing: the id is to be used before the next one is asked for. */
  nextId(): number {
    if (this.#size * 2 >= this.#ring.length) this.#grow();
    const mask = this.#ring.length - 1;
    let id = this.#lastId;
    do id = id === maxSeqid ? 1 : id + 1;
    while (this.#ring[id & mask] !== null);
    this.#lastId = id;
    return id;
  }

  /** The call's id comes from `nextId`. */
  add(call: Call): void {
    this.#ring[call.seqid & (this.#ring.length - 1)] = call;
    this.#size += 1;
  }

  /** Takes the call out, if there is one of this id. */
  take(seqid: number): Call | null {
    const place = seqid & (this.#ring.length - 1);
    const call = this.#ring[place] ?? null;
    if (call === null || call.seqid !== seqid) return null;
    this.#ring[place] = null;
    this.#size -= 1;
    return call;
  }

  takeAll(): Call[] {
    const calls = this.#ring.filter((call) => call !== null);
    this.#ring.fill(null);
    this.#size = 0;
    return calls;
  }

  #grow(): void {
    const calls = this.#ring.filter((call) => call !== null);
    const mask = this.#ring.length * 2 - 1;
    this.#ring = new Array(mask + 1).fill(null);
    for (const call of calls) this.#ring[call.seqid & mask] = call;
  }
}
