import { availableParallelism } from 'node:os';
import { BanyanError } from '../../../common/errors.ts';
import { pause } from '../../../common/pause.ts';
import { ShopClient } from '../../demo/shop-client.ts';
import { type CoreUse, describeCores } from './core-use.ts';

const warmUpMs = 2_000;
const lookMs = 3_000;
/** Writes that take longer than this on average have piled up. */
const piledUpMs = 100;
const catchUpWithinMs = 30_000;

export interface SteadyWritesOptions {
  readonly routers: readonly string[];
  /** Products that may be changed. */
  readonly products: readonly { readonly id: string }[];
  readonly perSecond: number;
}

/**
 * Writes that come at a fixed rate whatever happens to those before them, as clients do: while writes are held they pile up. A
 * write that is answered with anything but 200 is a failure, and fails the measurement.
 */
export class SteadyWrites {
  readonly #options: SteadyWritesOptions;
  readonly #clients: readonly ShopClient[];
  readonly #beganAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #sent = 0;
  #answered = 0;
  #failure: string | null = null;
  #times: number[] = [];

  constructor(options: SteadyWritesOptions) {
    this.#options = options;
    this.#clients = options.routers.map((url) => new ShopClient(url, 512));
    this.#timer = setInterval(() => this.#sendDue(), 2);
  }

  /** How long each write took that was answered since the last time, milliseconds. */
  takeTimes(): readonly number[] {
    return this.#times.splice(0);
  }

  get answered(): number {
    return this.#answered;
  }

  /** Throws where the machine does not answer as many as are sent: writes pile up then, and no hold measured says anything. */
  async assertKeptUp(cores: CoreUse, signal: AbortSignal): Promise<void> {
    const { perSecond } = this.#options;
    await pause(warmUpMs, signal);
    const before = this.#answered;
    cores.take();
    this.takeTimes();
    await pause(lookMs, signal);
    const rate = ((this.#answered - before) / lookMs) * 1_000;
    if (rate >= 0.95 * perSecond || signal.aborted) return;
    throw tooMany(
      `${Math.round(rate)} of ${perSecond} writes a second are answered on this machine, before any is held; of its ${availableParallelism()} cores were used: ${describeCores(cores.take())}`,
    );
  }

  /**
   * Resolves once no more writes are under way than come in 100 ms: a hold lasts until each has ended that was begun before it, and of a pile
   * it would measure the pile. Throws where the machine does not get there.
   */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const end = performance.now() + catchUpWithinMs;
    const few = (piledUpMs / 1_000) * this.#options.perSecond;
    while (this.#underWay.size > few) {
      this.assertWell();
      if (performance.now() > end) {
        throw new Error(
          `${this.#underWay.size} writes are under way: the machine does not answer as many as come`,
        );
      }
      await pause(20, signal);
    }
  }

  /** Throws what went wrong first. */
  assertWell(): void {
    if (this.#failure !== null) throw new Error(`a write failed: ${this.#failure}`);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #sendDue(): void {
    const due = Math.floor(((performance.now() - this.#beganAt) / 1_000) * this.#options.perSecond);
    for (; this.#sent < due; this.#sent++) {
      const sending = this.#send(this.#sent).finally(() => this.#underWay.delete(sending));
      this.#underWay.add(sending);
    }
  }

  async #send(n: number): Promise<void> {
    const { products } = this.#options;
    const { id } = products[n % products.length]!;
    try {
      const { status, ms, body } = await this.#clients[n % this.#clients.length]!.send({
        ...{ method: 'PATCH', path: `/admin/products/${id}`, user: `staff${n % 50}` },
        body: { name: `steady ${n}` },
      });
      if (status === 200) {
        this.#answered += 1;
        this.#times.push(ms);
      } else this.#failure ??= `product ${id}: ${status} ${JSON.stringify(body)} after ${Math.round(ms)} ms`;
    } catch (error) {
      this.#failure ??= String(error);
    }
  }
}

function tooMany(what: string): BanyanError {
  return new BanyanError('BANYAN_BENCH_TOO_MANY', what, {
    fix: 'Run it where nothing else runs, or with fewer writes: `npm run bench -- hold --cases mysql@250`.',
  });
}
