import { pause } from '../../common/pause.ts';
import type { Expectation } from './expectations.ts';
import { Latencies, type TrafficPeriod } from './latencies.ts';
import { Ledger } from './ledger.ts';
import { Reader } from './reader.ts';
import { type ShopAnswer, ShopClient, type ShopRequest } from './shop-client.ts';
import { Writer } from './writer.ts';

export interface TrafficOptions {
  readonly routers: readonly string[];
  readonly readers: number;
  readonly writers: number;
  /** Rows that stand in the database when traffic begins. Writers change some of them, readers read all. */
  readonly products: readonly { readonly id: string; readonly sku: string }[];
  readonly shops: readonly string[];
  /** Mean pause of one client between two requests, milliseconds. */
  readonly pauseMs: number;
}

export interface Failure {
  readonly at: string;
  readonly request: string;
  readonly what: string;
}

/** How a visitor asks: sends, measures, checks. Null when no whole answer came; `right` when it is what was asked for. */
export type Ask = (request: ShopRequest, check: Expectation) => Promise<Asked | null>;

export interface Asked {
  readonly answer: ShopAnswer;
  readonly right: boolean;
}

/** One client of the shop: what it does next, and next, until traffic stops. */
export interface Visitor {
  next(): Promise<void>;
}

/** Rows of the seed that each writer has for itself. */
const seededRowsPerWriter = 40;
/** Only the first failures are kept word by word; all are counted. */
const failuresKept = 20;

/**
 * Readers and writers that never stop until they are told to. Every answer is checked for what was asked: a wrong
 * answer is a failed request like a missing one.
 */
export class Traffic {
  readonly ledger = new Ledger();
  readonly latencies = new Latencies();
  readonly failures: Failure[] = [];
  period: TrafficPeriod = 'warm-up';
  #total = 0;
  #failed = 0;
  readonly #options: TrafficOptions;
  readonly #clients: readonly ShopClient[];
  readonly #stop = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#clients = options.routers.map((url) => new ShopClient(url, options.readers + options.writers));
  }

  get total(): number {
    return this.#total;
  }

  get failed(): number {
    return this.#failed;
  }

  start(): void {
    const { readers, writers, products, shops } = this.#options;
    const visitors: Visitor[] = [
      ...Array.from({ length: readers }, (_, index) => {
        return new Reader({ index, products, shops, ask: this.#asker(index) });
      }),
      ...Array.from({ length: writers }, (_, index) => {
        const first = index * seededRowsPerWriter;
        const seeded = products.slice(first, first + seededRowsPerWriter);
        return new Writer({ index, seeded, shops, ledger: this.ledger, ask: this.#asker(index) });
      }),
    ];
    this.#loops = Promise.all(visitors.map((visitor) => this.#keepGoing(visitor)));
  }

  /** Lets every request under way end. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await this.#loops;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #keepGoing(visitor: Visitor): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await visitor.next();
      const ms = this.#options.pauseMs * (0.5 + Math.random());
      await pause(ms, signal);
    }
  }

  /** Each visitor keeps to one router, as a browser's connection does. */
  #asker(index: number): Ask {
    const router = this.#clients[index % this.#clients.length] as ShopClient;
    return async (request, check) => {
      const { period } = this;
      this.#total++;
      try {
        const answer = await router.send(request);
        this.latencies.add(period, answer.ms);
        const wrong = check(answer);
        if (wrong !== null) this.#fail(request, wrong);
        return { answer, right: wrong === null };
      } catch (error) {
        this.#fail(request, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
        return null;
      }
    };
  }

  #fail({ method, path }: ShopRequest, what: string): void {
    this.#failed++;
    if (this.failures.length < failuresKept) {
      this.failures.push({ at: new Date().toISOString(), request: `${method} ${path}`, what });
    }
  }
}
