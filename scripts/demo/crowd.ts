import { pause } from '../../common/pause.ts';
import type { Expectation } from './expectations.ts';
import { type ShopAnswer, ShopClient, type ShopRequest } from './shop-client.ts';

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

/** A request that was not answered as it should have been. */
export interface FailedRequest {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Its router's place among them. */
  readonly router: number;
  /** null: no whole answer came. */
  readonly status: number | null;
  readonly what: string;
  /** On the clock of `performance.now()`. */
  readonly beganAt: number;
  readonly endedAt: number;
}

export interface CrowdOptions {
  readonly routers: readonly string[];
  /** To each router. */
  readonly connections: number;
  /** Mean pause of one client between two requests, milliseconds. */
  readonly pauseMs: number;
  readonly onAnswer: (request: ShopRequest, answer: ShopAnswer) => void;
  readonly onFailure: (failed: FailedRequest) => void;
}

/**
 * Visitors that never stop until they are told to. Every answer is checked for what was asked: a wrong answer is a failed
 * request like a missing one.
 */
export class Crowd {
  #total = 0;
  readonly #options: CrowdOptions;
  readonly #clients: readonly ShopClient[];
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#clients = options.routers.map((url) => new ShopClient(url, options.connections));
  }

  get total(): number {
    return this.#total;
  }

  /** From now on it asks, and pauses, and asks. */
  enter(visitor: Visitor): void {
    this.#loops.push(this.#keepGoing(visitor));
  }

  /** Lets every request under way end. Idempotent. Rejects where a visitor did: that is the demo's own fault. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
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
  asker(index: number): Ask {
    const router = index % this.#clients.length;
    const client = this.#clients[router] as ShopClient;
    return async (request, check) => {
      this.#total++;
      const beganAt = performance.now();
      const fail = (status: number | null, what: string) => {
        const { method, path } = request;
        const endedAt = performance.now();
        this.#options.onFailure({
          ...{ at: new Date().toISOString(), method, path, router, status, what, beganAt, endedAt },
        });
      };
      try {
        const answer = await client.send(request);
        this.#options.onAnswer(request, answer);
        const wrong = check(answer);
        if (wrong !== null) fail(answer.status, wrong);
        return { answer, right: wrong === null };
      } catch (error) {
        fail(null, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
        return null;
      }
    };
  }
}
