import { type Ask, Crowd, type FailedRequest } from './crowd.ts';
import { Latencies, type TrafficPeriod } from './latencies.ts';
import { Ledger } from './ledger.ts';
import { Reader } from './reader.ts';
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

/** Rows of the seed that each writer has for itself. */
const seededRowsPerWriter = 40;
/** Only the first failures are kept word by word; all are counted. */
const failuresKept = 20;

/** Readers and writers of products. */
export class Traffic {
  readonly ledger = new Ledger();
  readonly latencies = new Latencies();
  readonly failures: Failure[] = [];
  period: TrafficPeriod = 'warm-up';
  #failed = 0;
  readonly #options: TrafficOptions;
  readonly #crowd: Crowd;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#crowd = new Crowd({
      ...{ routers: options.routers, connections: options.readers + options.writers },
      pauseMs: options.pauseMs,
      onAnswer: (_, { ms }) => this.latencies.add(this.period, ms),
      onFailure: (failed) => this.#fail(failed),
    });
  }

  get total(): number {
    return this.#crowd.total;
  }

  get failed(): number {
    return this.#failed;
  }

  start(): void {
    const { readers, writers, products, shops } = this.#options;
    const ask = (index: number): Ask => this.#crowd.asker(index);
    for (let index = 0; index < readers; index++) {
      this.#crowd.enter(new Reader({ index, products, shops, ask: ask(index) }));
    }
    for (let index = 0; index < writers; index++) {
      const seeded = seededRows(products, index);
      this.#crowd.enter(new Writer({ index, seeded, shops, ledger: this.ledger, ask: ask(index) }));
    }
  }

  /** Lets every request under way end. Idempotent. */
  stop(): Promise<void> {
    return this.#crowd.stop();
  }

  #fail({ at, method, path, what }: FailedRequest): void {
    this.#failed++;
    if (this.failures.length < failuresKept) this.failures.push({ at, request: `${method} ${path}`, what });
  }
}

/** The rows that the writer of this index has for itself. */
export function seededRows<Row>(products: readonly Row[], writer: number): readonly Row[] {
  const first = writer * seededRowsPerWriter;
  return products.slice(first, first + seededRowsPerWriter);
}
