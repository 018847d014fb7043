import { type Failure, failures } from '../../answer/failure.ts';
import type { Ask } from '../side.ts';
import type { Sink } from '../sink.ts';
import { isBrokenConnection, isSilence, isUnreachable, upstreamFailure } from '../upstream-errors.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { UpstreamAddress } from './upstream/upstream-addresses.ts';

/** Methods that may be sent twice: they only read (RFC 9110 §9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** How far a request has come on its way to an address and back. */
const states = {
  /** No octet of this try can have left: it waits for a connection, or for its own to be made. */
  waiting: 0,
  /** Its head may have left. */
  sent: 1,
  /** An informational response came, and may have reached the client. */
  informed: 2,
  /** The answer has begun. */
  answering: 3,
  /** Answered whole, or failed for good: nothing more is told of it. */
  over: 4,
} as const;
type State = (typeof states)[keyof typeof states];

/** Whoever carries a request to an address and its answer back. */
export interface Carrier {
  /** Begins a try on `attempts.address`. */
  begin(): void;
  /** Ends the present try; `attempts.failed` hears of it, now or later. */
  cancel(error: Error): void;
  /** Whether the body can still be sent from its first octet, as long as none of it may have left. */
  readonly bodyIntact: boolean;
  /** Whether the present try waits for a connection of its own to be made. */
  readonly isConnecting: boolean;
}

export interface AttemptLimits {
  /** Until a connection is there, milliseconds; null: whoever makes connections sees to it. */
  readonly connectMs: number | null;
  /** True: first byte and pauses are timed here; false: whoever has the connections sees to it. */
  readonly timed: boolean;
}

/**
 * One request's tries: which address each goes to, how long it may wait, whose fault a failure is, and whether there is another
 * try. The carrier passes octets and tells what becomes of them; all that is decided about failures is decided here.
 */
export class Attempts {
  readonly #upstream: Upstream;
  readonly #ask: Ask;
  readonly #sink: Sink;
  readonly #carrier: Carrier;
  readonly #limits: AttemptLimits;
  readonly #before: UpstreamAddress[] = [];
  /** Broke off or said nothing; whether that was its fault shows elsewhere. */
  #suspect: UpstreamAddress | null = null;
  #state: State = states.waiting;
  #address: UpstreamAddress | null = null;
  #total: NodeJS.Timeout | null = null;
  /** For a connection, then the first byte, then the next piece. */
  #wait: NodeJS.Timeout | null = null;
  /** Why the router waits no longer, or the client does not. */
  #ended: { readonly by: 'client' | 'limit'; readonly why: string } | null = null;

  constructor(upstream: Upstream, ask: Ask, sink: Sink, carrier: Carrier, limits: AttemptLimits) {
    this.#upstream = upstream;
    this.#ask = ask;
    this.#sink = sink;
    this.#carrier = carrier;
    this.#limits = limits;
  }

  /** Where the present try goes. */
  get address(): UpstreamAddress {
    return this.#address!;
  }

  /** True once nothing more is wanted of the present try: it need not be sent. */
  get abandoned(): boolean {
    return this.#ended !== null || this.#state === states.over;
  }

  /** True once the head of the present try may have left. */
  get mayHaveLeft(): boolean {
    return this.#state !== states.waiting;
  }

  start(): void {
    const { totalMs } = this.#ask.policy;
    if (totalMs !== null) {
      this.#total = setTimeout(onLimit, this.#ask.leftOf(totalMs), this, 'the total time is up');
    }
    this.#next();
  }

  /** The request is about to be sent. */
  sent(): void {
    this.#state = states.sent;
    if (this.#limits.timed) this.#waitFor('no first byte', this.#ask.policy.firstByteMs);
    else this.#stopWaiting();
  }

  informed(): void {
    this.#state = states.informed;
  }

  answering(status: number): void {
    this.#state = states.answering;
    if (this.#limits.timed) this.#waitFor('a pause in the body', this.#ask.policy.idleMs);
    // A probe has its answer now; the body may last.
    if (this.address.probing) this.#answered(status);
  }

  /** A piece of the request's or of the answer's body passed. */
  moved(): void {
    this.#wait?.refresh();
  }

  /** The answer waits for the client, or goes on. */
  stalled(isStalled: boolean): void {
    if (isStalled) this.#stopWaiting();
    else if (this.#limits.timed) this.#waitFor('a pause in the body', this.#ask.policy.idleMs);
  }

  /** The answer is whole. */
  answered(status: number): void {
    this.#answered(status);
    this.#close();
  }

  /** The client wants no answer any more. */
  abort(reason: Error): void {
    this.#end('client', reason);
  }

  giveUp(why: string): void {
    this.#end('limit', new Error(why));
  }

  /** The present try has failed: there is another one, or the sink hears of it. */
  failed(error: Error): void {
    if (this.#state === states.over) return;
    this.#note(error);
    if (this.#mayRetry(error)) {
      this.#next();
      return;
    }
    if (this.#suspect !== null) this.#blame(this.#suspect);
    this.#conclude(this.#ended?.by === 'limit' ? failures.timeout(this.#ended.why) : upstreamFailure(error));
  }

  #end(by: 'client' | 'limit', error: Error): void {
    if (this.abandoned) return;
    this.#ended = { by, why: error.message };
    this.#carrier.cancel(error);
  }

  /** Goes on to an address. */
  #next(): void {
    const last = this.#address;
    if (last !== null) this.#before.push(last);
    const address = this.#upstream.pick(this.#before);
    address.pending += 1;
    this.#address = address;
    if (last !== null) {
      last.pending -= 1;
      this.#sink.retried();
    }
    this.#state = states.waiting;
    const { connectMs } = this.#limits;
    if (connectMs !== null) this.#waitFor('no connection', connectMs);
    this.#carrier.begin();
  }

  #answered(status: number): void {
    // Where another address answers what it did not, it was the address.
    if (this.#suspect !== null && this.#suspect !== this.address) this.#blame(this.#suspect);
    this.#suspect = null;
    this.#upstream.answered(this.address, status, this.#key);
  }

  /**
   * Whose fault it was. That an address cannot be reached is its own. A broken connection or a silence may as well be the request's, which
   * breaks every worker that it comes to: it counts against the address only if no other one failed by it too. An answer that
   * makes no sense is the page's.
   */
  #note(error: Error): void {
    const { address } = this;
    const before = this.#before.includes(address);
    if (this.#ended?.by === 'client' || (before && !address.probing)) this.#upstream.abandoned(address);
    else if (this.#ended !== null ? this.#carrier.isConnecting : isUnreachable(error, !this.mayHaveLeft)) {
      this.#upstream.unreachable(address, error);
    } else if (!this.#maySuspect(error)) this.#upstream.abandoned(address);
    else if (this.#suspect === null) this.#suspect = address;
    else {
      this.#upstream.abandoned(this.#suspect);
      this.#upstream.abandoned(address);
      this.#suspect = null;
    }
  }

  #maySuspect(error: Error): boolean {
    if (!this.mayHaveLeft || this.#state >= states.answering) return false;
    return this.#ended !== null || isBrokenConnection(error) || isSilence(error);
  }

  #blame(address: UpstreamAddress): void {
    this.#upstream.suspected(address, this.#key);
  }

  /** What tells requests apart as evidence: the same one again says nothing new. */
  get #key(): string {
    return `${this.#ask.method} ${this.#ask.target.path}`;
  }

  /**
   * A request that never left may go to another address; one that left only if it reads, has no body and nothing of its
   * answer reached the client. A write that may have been executed is never sent twice.
   */
  #mayRetry(error: Error): boolean {
    if (this.#ended !== null || this.#state >= states.answering) return false;
    if (this.#before.length >= this.#ask.policy.retries) return false;
    // A kept connection that closed under it says nothing of the address.
    const anew = isBrokenConnection(error) && !this.#carrier.isConnecting;
    if (this.#state === states.waiting) return this.#carrier.bodyIntact && (anew || this.#anotherLeft);
    if (this.#state === states.informed || !isBrokenConnection(error)) return false;
    return !this.#ask.hasBody && safeMethods.has(this.#ask.method);
  }

  /** True while some address was not asked yet. */
  get #anotherLeft(): boolean {
    return this.#upstream.addresses.length > this.#before.length + 1;
  }

  #waitFor(what: string, ms: number): void {
    this.#stopWaiting();
    this.#wait = setTimeout(onLimit, ms, this, what);
  }

  #stopWaiting(): void {
    if (this.#wait === null) return;
    clearTimeout(this.#wait);
    this.#wait = null;
  }

  #conclude(failure: Failure): void {
    this.#close();
    this.#sink.fail(failure);
  }

  #close(): void {
    if (this.#state === states.over) return;
    this.#state = states.over;
    if (this.#address !== null) this.#address.pending -= 1;
    if (this.#total !== null) clearTimeout(this.#total);
    this.#stopWaiting();
  }
}

function onLimit(attempts: Attempts, why: string): void {
  attempts.giveUp(why);
}
