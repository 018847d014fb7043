import type { Logger } from 'pino';
import { describeError } from '../../common/errors.ts';
import { clientIdentity } from '../cohorts/client-identity.ts';
import { bucketOf, bucketsBelow } from '../cohorts/cohorts.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Side } from '../sides/side.ts';
import { type BufferedAnswer, BufferSink } from '../sides/sinks/buffer-sink.ts';
import { BodyCopy } from './body-copy.ts';
import { DataCurrency } from './data-currency.ts';
import { LoopLag } from './loop-lag.ts';
import { ShadowAsk, shadowField } from './shadow-ask.ts';
import type { ShadowReport } from './shadow-report.ts';
import type { ShadowRouting } from './shadow-routing.ts';
import type { ShadowSettings } from './shadow-settings.ts';
import { runTrial, type Trial, type TrialContext } from './shadow-trial.ts';
import { type ShadowTally, TallyKeeper } from './tally/index.ts';

export interface ShadowOptions {
  readonly settings: ShadowSettings;
  /** Ways to the sides that no client's request takes. */
  readonly legacy: Side;
  readonly services: ReadonlyMap<string, { readonly side: Side }>;
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
  /** What waits for a turn; called once it has one. */
  readonly #queue: (() => void)[] = [];
  /** Have a turn, and begin behind what the event loop has for clients. */
  readonly #begun: (() => void)[] = [];
  readonly #context: TrialContext;
  #pending = 0;
  #active = 0;
  /** Without a turn, until the data of both sides is the same. */
  #settling = 0;

  constructor(options: ShadowOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    const { deadlineMs, bodyBytes } = options.settings;
    this.#context = {
      deadlineMs,
      bodyBytes,
      signal: this.#stopping.signal,
      untilCurrent: (feature) => this.#untilCurrent(feature),
      random: this.#random,
    };
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
    const service = this.#options.services.get(feature.name)?.side;
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
    const sandbox = compiled.isWrite ? routing.sandbox : undefined;
    const copy = exchange.hasBody ? new BodyCopy(settings.bodyBytes) : null;
    if (copy !== null) exchange.copyBodyTo = copy.add;
    return new BufferSink(settings.bodyBytes, (answer) => {
      this.#pending -= 1;
      if (answer === null) keeper.omit(id, 'primary-broken');
      else if (answer.bodyBytes > answer.body.length) keeper.omit(id, 'body-too-large');
      else if (this.#isFull) keeper.omit(id, 'queue-full');
      else if (copy !== null && (copy.whole === null || !exchange.request.readableEnded))
        keeper.omit(id, 'request-not-kept');
      else {
        const { table } = exchange.core;
        this.#enqueue(answer, () => ({
          feature: feature.name,
          route: id,
          ask: new ShadowAsk(exchange, copy?.whole ?? null, sandbox),
          answeredBy: side,
          sides: { legacy: this.#options.legacy, service },
          sampled,
          repeatable: !compiled.isWrite || sandbox?.both === true,
          compare: routing.compare,
          keeper,
          alwaysCurrent: routing.alwaysCurrent === true,
          tableHolds: () => table.current.version === version,
        }));
      }
    });
  }

  /** What was counted in a feature's run; null where it has none. */
  tallyOf(feature: string, { run, sampleLifeMs }: ShadowRouting): { run: string; tally: ShadowTally } | null {
    const known = this.#runs.get(feature);
    if (known === undefined || known.id !== run || sampleLifeMs <= 0) return null;
    return { run, tally: known.keeper.tally() };
  }

  /** For the metrics: what was compared in the runs under way, and what is under way now. */
  report(): ShadowReport {
    const routes = [...this.#runs].flatMap(([feature, { keeper }]) =>
      keeper.totals().map((totals) => ({ feature, ...totals })),
    );
    return {
      routes,
      pending: this.#pending,
      queued: this.#queue.length,
      asking: this.#active,
      settling: this.#settling,
    };
  }

  /** Grows with all that is counted. */
  get changes(): number {
    let changes = 0;
    for (const { keeper } of this.#runs.values()) changes += keeper.changes;
    return changes;
  }

  get #isFull(): boolean {
    const { maxConcurrent, maxQueued } = this.#options.settings;
    return this.#settling >= maxQueued || (this.#active >= maxConcurrent && this.#queue.length >= maxQueued);
  }

  /** What a trial needs is put together when it has its turn: clients have their answers before. */
  #enqueue(answer: BufferedAnswer, prepare: () => Trial): void {
    this.#queue.push(() => {
      this.#begun.push(() => void this.#run(answer, prepare));
      // Behind whatever the event loop has for clients now: once for all that begin in this round of it.
      if (this.#begun.length === 1) setImmediate(this.#beginAll);
    });
    this.#next();
  }

  readonly #beginAll = (): void => {
    for (const begin of this.#begun.splice(0)) begin();
  };

  async #run(answer: BufferedAnswer, prepare: () => Trial): Promise<void> {
    try {
      await runTrial(prepare(), answer, this.#context);
    } catch (error) {
      this.#options.logger.error({ error: describeError(error) }, 'a shadow failed unexpectedly');
    } finally {
      this.#endTurn();
    }
  }

  /** Others have their turn meanwhile; afterwards this one is the next. */
  async #untilCurrent(feature: string): Promise<boolean> {
    this.#settling += 1;
    this.#endTurn();
    const current = await this.currency.until(feature, performance.now(), this.#options.settings.settleMs);
    this.#settling -= 1;
    await new Promise<void>((resolve) => {
      this.#queue.unshift(resolve);
      this.#next();
    });
    return current;
  }

  #next(): void {
    while (this.#active < this.#options.settings.maxConcurrent) {
      const begin = this.#queue.shift();
      if (begin === undefined) return;
      this.#active += 1;
      begin();
    }
  }

  #endTurn(): void {
    this.#active -= 1;
    this.#next();
  }

  #runOf(feature: string, { run, sampleLifeMs }: ShadowRouting): Run {
    const known = this.#runs.get(feature);
    if (known?.id === run) return known;
    const begun = { id: run, keeper: new TallyKeeper(sampleLifeMs) };
    this.#runs.set(feature, begun);
    return begun;
  }
}

/** Fields that make an answer depend on what this client has seen before, and the one of a request that is a shadow itself. */
const excluding = new Set([
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'range',
  shadowField.toLowerCase(),
]);
const lengthsOfExcluding = new Set([...excluding].map(({ length }) => length));

function isCompared(exchange: Exchange, routing: ShadowRouting): boolean {
  const { compiled, request, handshake } = exchange;
  const { route, isWrite, feature } = compiled!;
  if (handshake !== null) return false;
  // A read by another method is one only because somebody says so: such a request is not sent twice.
  const isPlainRead = (exchange.method === 'GET' || exchange.method === 'HEAD') && !exchange.hasBody;
  if (isWrite ? routing.sandbox === undefined : !isPlainRead) return false;
  if (routing.routes !== undefined && !routing.routes.includes(route.id)) return false;
  if (routing.percent < 100) {
    const identity = exchange.identity === '' ? clientIdentity(exchange) : exchange.identity;
    // Another cohort than the canary's: else the first in one were the first in the other.
    if (bucketOf(`${feature.salt}\u0000shadow`, identity) >= bucketsBelow(routing.percent)) return false;
  }
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (lengthsOfExcluding.has(name.length) && excluding.has(name.toLowerCase())) return false;
  }
  return true;
}
