import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { pause } from '../../../common/pause.ts';

/** What a row may be, by what its writer was told: `null` is "no row". More than one where a write was not answered. */
export type Possible = readonly (number | null)[];

export interface StaleRead {
  /** When it was asked, by performance.now(). */
  readonly at: number;
  readonly what: string;
}

const lanes = 4;
/** Between a client's writes: some fifty a second altogether, so that a small machine has time for everything else. */
const betweenMs = 40;
/** Where nothing goes wrong. */
const calmMs = 250;
/** Longer than any hold that the config allows. */
const answerWithinMs = 20_000;

/**
 * Writers and readers of parcels through all routers, with a ledger. Each key has one writer, which gives it up as soon as
 * an answer leaves open what became of a write.
 */
export class ParcelTraffic implements AsyncDisposable {
  readonly parcels = new Map<string, Possible>();
  /** Tokens of events: whether their write was acknowledged. */
  readonly events = new Map<string, boolean>();
  /** Reads of a key that showed something else than its writer knew. */
  readonly staleReads: StaleRead[] = [];
  /** What was deleted by `forget`, codes and tokens: nothing may bring it back. */
  forgotten: ReadonlySet<string> = new Set();
  acknowledged = 0;
  /** Requests without a good answer since the last `takeFailures`, by what came instead. */
  #failures = new Map<string, number>();
  readonly #routers: readonly string[];
  readonly #agent = new Agent({
    connections: 32,
    headersTimeout: answerWithinMs,
    bodyTimeout: answerWithinMs,
  });
  #end = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #isCalm = true;
  #calming: NodeJS.Timeout | undefined;

  constructor(routers: readonly string[]) {
    this.#routers = routers;
  }

  start(): void {
    this.#end = new AbortController();
    this.#running = Promise.all(Array.from({ length: lanes }, (_, lane) => this.#keepWriting(lane)));
  }

  /** Resolves when nothing is on its way any more. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** Fewer writes, from now on or in a while: what only waits for something costs no more than it has to. */
  calmDown(inMs = 0): void {
    clearTimeout(this.#calming);
    this.#calming = setTimeout(() => (this.#isCalm = true), inMs).unref();
  }

  hurry(): void {
    clearTimeout(this.#calming);
    this.#isCalm = false;
  }

  /** The rows were deleted behind its back, while it stands: they are no longer looked for but in `forgotten`. */
  forget(): void {
    this.forgotten = new Set([...this.parcels.keys(), ...this.events.keys()]);
    this.parcels.clear();
    this.events.clear();
  }

  takeFailures(): ReadonlyMap<string, number> {
    const taken = this.#failures;
    this.#failures = new Map();
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#agent.destroy();
  }

  async #keepWriting(lane: number): Promise<void> {
    const { signal } = this.#end;
    for (let turn = 0; !signal.aborted; turn++) {
      await this.#liveOfOneParcel(lane, turn);
      await this.#event(lane + turn);
    }
  }

  async #liveOfOneParcel(lane: number, turn: number): Promise<void> {
    const code = `t-${randomUUID()}`;
    let now: number | null = null;
    const steps = turn % 3 === 0 ? [1, 2, null] : [1, 2, 3];
    for (const next of steps) {
      const method = next === null ? 'DELETE' : now === null ? 'POST' : 'PUT';
      this.parcels.set(code, [now, next]);
      const status = await this.#ask(
        lane + turn,
        method,
        `/parcels/${code}`,
        next === null ? '' : String(next),
      );
      // 503 of the router and 409 of the fence say that it was not carried out.
      if (status === 503 || status === 409) {
        this.parcels.set(code, [now]);
        break;
      }
      if (status !== 200 && status !== 201) return;
      this.parcels.set(code, [next]);
      this.acknowledged++;
      now = next;
      await this.#readBack(lane + turn + 1, code, now);
      await pause(this.#isCalm ? calmMs : betweenMs, this.#end.signal);
    }
  }

  /** By another router than the one that took the write. */
  async #readBack(router: number, code: string, value: number | null): Promise<void> {
    const at = performance.now();
    const read = await this.#answer(router, 'GET', `/parcels/${code}`, '');
    if (read === null || (read.status !== 200 && read.status !== 404)) return;
    const seen = read.status === 404 ? null : Number(read.body);
    if (seen === value) return;
    this.staleReads.push({ at, what: `${code} showed ${seen} after ${value} was acknowledged` });
  }

  async #event(router: number): Promise<void> {
    const token = randomUUID();
    this.events.set(token, false);
    const status = await this.#ask(router, 'POST', '/events', token);
    if (status === 201) {
      this.events.set(token, true);
      this.acknowledged++;
    }
  }

  async #ask(
    router: number,
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: string,
  ): Promise<number | null> {
    const answer = await this.#answer(router, method, path, body);
    return answer?.status ?? null;
  }

  async #answer(
    router: number,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: string,
  ): Promise<{ readonly status: number; readonly body: string } | null> {
    try {
      const url = `${this.#routers[router % this.#routers.length]}${path}`;
      const answer = await request(url, { method, body: body || null, dispatcher: this.#agent });
      const text = await answer.body.text();
      if (answer.statusCode >= 400 && answer.statusCode !== 404) {
        this.#fail(answer.statusCode === 503 ? '503' : `${answer.statusCode} ${text.slice(0, 90)}`);
        await pause(20, this.#end.signal);
      }
      return { status: answer.statusCode, body: text };
    } catch (error) {
      this.#fail((error as { code?: string }).code ?? String(error));
      await pause(50, this.#end.signal);
      return null;
    }
  }

  #fail(what: string): void {
    this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1);
  }
}
