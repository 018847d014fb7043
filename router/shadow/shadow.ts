import type { Logger } from 'pino';
import { describeError } from '../../common/errors.ts';
import { clientIdentity } from '../cohorts/client-identity.ts';
import { bucketOf, bucketsBelow } from '../cohorts/cohorts.ts';
import { headerValue } from '../cohorts/identity.ts';
import type { Exchange } from '../exchange.ts';
import type { Side } from '../sides/side.ts';
import { type BufferedAnswer, BufferSink } from '../sides/sinks/buffer-sink.ts';
import { DataCurrency } from './data-currency.ts';
import { LoopLag } from './loop-lag.ts';
import { ShadowAsk, shadowField } from './shadow-ask.ts';
import type { ShadowRouting } from './shadow-routing.ts';
import type { ShadowSettings } from './shadow-settings.ts';
import { runTrial, type Trial } from './shadow-trial.ts';
import { type ShadowTally, TallyKeeper } from './tally/index.ts';

export interface ShadowOptions {
  readonly settings: ShadowSettings;
  /** Ways to the sides that no client's request takes. */
  readonly legacy: Side;
  readonly services: ReadonlyMap<string, Side>;
  readonly logger: Logger;
  readonly random?: () => number;
}

interface Run {
  readonly id: string;
  readonly keeper: TallyKeeper;
}

/**
 * Asks the side that does not answer, and compares: reads of a share of the clients. Clients are first in everything: their answer is
 * kept as it passes, the other side is asked when they have theirs, over connections of its own, a few at a time; what does not
 * fit is counted and left out.
 */
export class Shadow {
  readonly currency = new DataCurrency();
  readonly #options: ShadowOptions;
  readonly #lag = new LoopLag();
  readonly #random: () => number;
  readonly #runs = new Map<string, Run>();
  readonly #stopping = new AbortController();
  readonly #queue: (() => Promise<void>)[] = [];
  #pending = 0;
  #active = 0;

  constructor(options: ShadowOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  start(): void {
    this.#lag.start();
  }

  stop(): void {
    this.#lag.stop();
    this.#queue.length = 0;
    this.#stopping.abort(new Error('the router stops'));
    this.currency.stop();
  }

  /** Who is to be told a request's answer besides its client; null: it is not compared. */
  consider(exchange: Exchange): BufferSink | null {
    const { compiled } = exchange;
    const routing = compiled?.feature.shadow;
    if (compiled === null || routing === undefined || !isCompared(exchange, routing)) return null;
    const { settings } = this.#options;
    const { feature, route } = compiled;
    const { id } = route;
    const service = this.#options.services.get(feature.name);
    if (service === undefined) return null;
    const { keeper } = this.#runOf(feature.name, routing);
    if (this.#pending >= settings.maxPending || this.#isFull) {
      keeper.omit(id, 'queue-full');
      return null;
    }
    if (this.#lag.ms > settings.maxLagMs) {
      keeper.omit(id, 'busy');
      return null;
    }
    this.#pending += 1;
    const { version, side } = exchange.decision!;
    const sampled = this.#random() * 100 < routing.repeatPercent;
    return new BufferSink(settings.bodyBytes, (answer) => {
      this.#pending -= 1;
      if (answer === null) keeper.omit(id, 'primary-broken');
      else if (this.#isFull) keeper.omit(id, 'queue-full');
      else {
        const { table } = exchange.core;
        const trial: Trial = {
          feature: feature.name,
          route: id,
          ask: new ShadowAsk(exchange, compiled.isWrite ? routing.sandbox : undefined),
          answeredBy: side,
          sides: { legacy: this.#options.legacy, service },
          sampled,
          compare: routing.compare,
          keeper,
          tableHolds: () => table.current.version === version,
        };
        this.#enqueue(trial, answer);
      }
    });
  }

  /** What was counted in a feature's run; null where it has none. */
  tallyOf(feature: string, { run, sampleLifeMs }: ShadowRouting): { run: string; tally: ShadowTally } | null {
    const known = this.#runs.get(feature);
    if (known === undefined || known.id !== run || sampleLifeMs <= 0) return null;
    return { run, tally: known.keeper.tally() };
  }

  /** Grows with all that is counted. */
  get changes(): number {
    let changes = 0;
    for (const { keeper } of this.#runs.values()) changes += keeper.changes;
    return changes;
  }

  get #isFull(): boolean {
    const { maxConcurrent, maxQueued } = this.#options.settings;
    return this.#active >= maxConcurrent && this.#queue.length >= maxQueued;
  }

  #enqueue(trial: Trial, answer: BufferedAnswer): void {
    const { settings, logger } = this.#options;
    this.#queue.push(() =>
      runTrial(trial, answer, {
        deadlineMs: settings.deadlineMs,
        bodyBytes: settings.bodyBytes,
        signal: this.#stopping.signal,
        untilCurrent: (feature) => this.currency.until(feature, performance.now(), settings.settleMs),
        random: this.#random,
      }).catch((error: unknown) => {
        logger.error({ error: describeError(error) }, 'a shadow failed unexpectedly');
      }),
    );
    this.#next();
  }

  #next(): void {
    if (this.#active >= this.#options.settings.maxConcurrent) return;
    const work = this.#queue.shift();
    if (work === undefined) return;
    this.#active += 1;
    // Behind whatever the event loop has for clients now.
    setImmediate(() =>
      work().finally(() => {
        this.#active -= 1;
        this.#next();
      }),
    );
  }

  #runOf(feature: string, { run, sampleLifeMs }: ShadowRouting): Run {
    const known = this.#runs.get(feature);
    if (known?.id === run) return known;
    const begun = { id: run, keeper: new TallyKeeper(sampleLifeMs) };
    this.#runs.set(feature, begun);
    return begun;
  }
}

/** Fields that make an answer depend on what this client has seen before. */
const conditional = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'range'];

function isCompared(exchange: Exchange, routing: ShadowRouting): boolean {
  const { compiled, request, handshake, hasBody } = exchange;
  const { route, isWrite, feature } = compiled!;
  if (hasBody || handshake !== null) return false;
  if (isWrite ? routing.sandbox === undefined : exchange.method !== 'GET' && exchange.method !== 'HEAD')
    return false;
  if (routing.routes !== undefined && !routing.routes.includes(route.id)) return false;
  if (routing.percent < 100) {
    const identity = exchange.identity === '' ? clientIdentity(exchange) : exchange.identity;
    // Another cohort than the canary's: else the first in one were the first in the other.
    if (bucketOf(`${feature.salt}\u0000shadow`, identity) >= bucketsBelow(routing.percent)) return false;
  }
  const { rawHeaders } = request;
  if (headerValue(rawHeaders, shadowField.toLowerCase()) !== null) return false;
  return conditional.every((name) => headerValue(rawHeaders, name) === null);
}
