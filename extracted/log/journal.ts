import { checkEntries, readQuery } from './check-requests.ts';
import { pageOf, type Sink } from './sink.ts';
import type { Entry, Page, Query } from './thrift-types.ts';

interface Current {
  readonly sink: Sink;
  /** Calls under way on it. */
  readonly calls: Set<Promise<unknown>>;
}

/**
 * The sink of the moment. Each append is one sink's from its first to its last entry. While another one takes its place, calls that come
 * wait until those under way are done: no two instances ever write to one place.
 */
export class Journal {
  #current: Promise<Current>;

  constructor(sink: Sink) {
    this.#current = Promise.resolve({ sink, calls: new Set() });
  }

  async append(entries: readonly Entry[]): Promise<void> {
    checkEntries(entries);
    await this.#on((sink) => sink.append(entries));
  }

  async query(query: Query): Promise<Page> {
    const request = readQuery(query);
    const entries = await this.#on((sink) => sink.query({ ...request, limit: request.limit + 1 }));
    return pageOf(entries, request.limit);
  }

  /** Calls from now on are the new sink's; resolves once the earlier one is closed. */
  async switchTo(sink: Sink): Promise<void> {
    const earlier = this.#current;
    this.#current = Journal.#end(earlier).then(() => ({ sink, calls: new Set() }));
    await this.#current;
  }

  close(): Promise<void> {
    return Journal.#end(this.#current);
  }

  static async #end(current: Promise<Current>): Promise<void> {
    const { sink, calls } = await current;
    await Promise.allSettled(calls);
    // What was acknowledged is kept by then; a sink that fails to close keeps nobody from the next one.
    await sink.close().catch(() => undefined);
  }

  async #on<T>(work: (sink: Sink) => Promise<T>): Promise<T> {
    const { sink, calls } = await this.#current;
    const call = work(sink);
    calls.add(call);
    try {
      return await call;
    } finally {
      calls.delete(call);
    }
  }
}
