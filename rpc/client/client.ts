import { BanyanError } from '../../common/errors.ts';
import { LinkedQueue } from '../../common/linked-queue.ts';
import { BadValue } from '../codec/bad-value.ts';
import { ThriftException } from '../codec/thrift-exception.ts';
import { ValueReaders } from '../codec/value-reader.ts';
import { type ValueWriter, ValueWriters } from '../codec/value-writer.ts';
import { isIdempotent } from '../idl/is-idempotent.ts';
import type { Idl, MethodDef } from '../idl/model.ts';
import { serviceOf } from '../idl/service-of.ts';
import { type CallMetrics, createCallMetrics } from '../telemetry/call-metrics.ts';
import { beginCallSpan, type CallSpan } from '../telemetry/call-spans.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { newReader, newWriter, type ProtocolName } from '../wire/protocols.ts';
import type { Refusal } from '../wire/refusal.ts';
import { Balancer } from './balancer.ts';
import type { Call } from './call.ts';
import { cancelled, clientClosed, deadlineExceeded, overloaded, refused } from './errors.ts';
import {
  type CallContext,
  type CallOptions,
  type ClientOptions,
  type Settings,
  settingsOf,
} from './options.ts';
import { replyReader } from './reply-reader.ts';

/** Arguments by position, or by name. */
export type CallArguments = readonly unknown[] | Readonly<Record<string, unknown>>;

export interface ThriftClient {
  readonly idl: Idl;
  readonly protocol: ProtocolName;
  /**
   * Calls a method. Resolves with its result, rejects with ThriftException (declared) or BanyanError (`BANYAN_RPC_…`).
   * Never stays pending beyond its deadline.
   */
  call(method: string, args: CallArguments, options?: CallOptions): Promise<unknown>;
  /** For gateways: the caller writes the arguments' struct and reads the reply itself. */
  exchange<T>(
    method: MethodDef,
    write: (w: ProtocolWriter, call: OutgoingCall) => void,
    read: (r: ProtocolReader, messageType: number) => T,
    options?: CallOptions,
  ): Promise<T>;
  /** Calls in flight or queued, and sockets. */
  readonly stats: { readonly calls: number; readonly queued: number; readonly connections: number };
  /** Lets calls in flight end (each has its deadline), takes no new ones, closes all connections. */
  close(): Promise<void>;
}

/** What whoever writes a call's arguments may want to put into them. */
export interface OutgoingCall {
  /** As it is sent: with a tracer, its traceparent is that of this call's span. */
  readonly context: CallContext | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly deadlineAt: number;
}

interface MethodPlan {
  readonly method: MethodDef;
  readonly write: ValueWriter;
  readonly read: (r: ProtocolReader, messageType: number) => unknown;
}

/** A client whose `call` has the types of a service, as `banyan idl types` writes them. */
export type TypedClient<Service extends { call: unknown }> = Omit<ThriftClient, 'call'> & Service;

/**
 * @example
 * const client = createClient<ProductServiceClient>({ idl, service: 'ProductService', addresses: ['10.0.0.7:7402'] });
 * const product = await client.call('getProduct', [{ id: 7 }], { deadlineMs: 500 });
 *
 * @throws BanyanError `BANYAN_IDL_NO_SERVICE`, `BANYAN_RPC_ADDRESS`
 */
export function createClient<Service extends { call: unknown } = ThriftClient>(
  options: ClientOptions,
): TypedClient<Service> {
  // The IDL that the types were written from is the one that checks each value at run time.
  const client: ThriftClient = new Client(options);
  return client as ThriftClient & Service;
}

class Client implements ThriftClient {
  readonly idl: Idl;
  readonly protocol: ProtocolName;
  readonly #options: ClientOptions;
  readonly #settings: Settings;
  readonly #plans = new Map<string, MethodPlan>();
  readonly #idempotent = new Set<string>();
  readonly #balancer: Balancer;
  readonly #queue = new LinkedQueue<Call>();
  #calls = 0;
  readonly #metrics: CallMetrics | undefined;
  #isClosed = false;
  #onIdle: (() => void) | null = null;
  #isDraining = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.idl = options.idl;
    this.#settings = settingsOf(options);
    this.protocol = this.#settings.protocol;
    const { metrics } = options;
    this.#metrics = metrics === undefined ? undefined : createCallMetrics(metrics, 'client', options.service);
    const service = serviceOf(options.idl, options.service);
    const writers = new ValueWriters();
    const readers = new ValueReaders();
    for (const method of service.methods) {
      this.#plans.set(method.name, {
        method,
        write: writers.arguments(method.args),
        read: replyReader(method, readers),
      });
      if (isIdempotent(method)) this.#idempotent.add(method.name);
    }
    this.#balancer = new Balancer(options, {
      settings: this.#settings,
      writer: newWriter(this.#settings.protocol),
      reader: newReader(this.#settings.protocol),
      onRoom: () => this.#drainQueue(),
    });
  }

  get stats(): { calls: number; queued: number; connections: number } {
    return { calls: this.#calls, queued: this.#queue.size, connections: this.#balancer.connections };
  }

  call(name: string, args: CallArguments, options?: CallOptions): Promise<unknown> {
    const plan = this.#plans.get(name);
    if (plan === undefined) {
      return Promise.reject(
        new BanyanError('BANYAN_RPC_NO_METHOD', `${this.#options.service} has no method ${name}`, {
          fix: `Call one of: ${[...this.#plans.keys()].join(', ')}.`,
        }),
      );
    }
    const named = Array.isArray(args)
      ? Object.fromEntries(plan.method.args.fields.map((field, i) => [field.name, args[i]]))
      : args;
    return this.exchange(
      plan.method,
      (w) => {
        try {
          plan.write(w, named);
        } catch (error) {
          throw error instanceof BadValue ? badArguments(name, error) : error;
        }
      },
      plan.read,
      options,
    );
  }

  exchange<T>(
    method: MethodDef,
    write: (w: ProtocolWriter, call: OutgoingCall) => void,
    read: (r: ProtocolReader, messageType: number) => T,
    options: CallOptions = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadlineMs = options.deadlineMs ?? this.#settings.deadlineMs;
      const startedAt = performance.now();
      const { signal } = options;
      const { tracer, service } = this.#options;
      const span =
        tracer === undefined
          ? undefined
          : beginCallSpan(tracer, 'client', service, method.name, options.context?.traceparent);
      const end = (outcome: string): boolean => {
        if (call.isSettled) return false;
        call.isSettled = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#ended(call, outcome);
        span?.end(outcome);
        return true;
      };
      const call: Call = {
        method,
        wireName:
          this.#options.multiplexed === undefined
            ? method.name
            : `${this.#options.multiplexed}:${method.name}`,
        isIdempotent: this.#idempotent.has(method.name),
        retries: options.retries ?? this.#settings.retries,
        context: span === undefined ? options.context : under(span, options.context),
        startedAt,
        deadlineAt: startedAt + deadlineMs,
        write,
        read: (r, messageType) => {
          if (call.isSettled) return;
          let value: T;
          try {
            value = read(r, messageType);
          } catch (error) {
            call.fail(error);
            return;
          }
          if (end('ok')) resolve(value);
        },
        fail: (error) => {
          if (end(outcomeOf(error))) reject(error);
        },
        sent: () => {
          if (end('ok')) resolve(undefined as T);
        },
        lost: (error, wasSent) => this.#lost(call, error, wasSent),
        refused: (refusal, why) => this.#refused(call, refusal, why),
        isSettled: false,
        carrier: null,
        avoided: null,
        ahead: null,
        behind: null,
        seqid: 0,
        heardBefore: 0,
        attempts: 0,
      };
      const timer = setTimeout(() => {
        const { carrier } = call;
        call.fail(deadlineExceeded(method.name, deadlineMs));
        carrier?.forget(call, true);
      }, deadlineMs);
      const onAbort = (): void => {
        const { carrier } = call;
        call.fail(cancelled(method.name, signal?.reason));
        carrier?.forget(call, false);
      };
      this.#calls += 1;
      this.#metrics?.began();
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#isClosed) return call.fail(clientClosed(method.name));
      this.#dispatch(call);
    });
  }

  /** Sends the call, or queues it, or fails it. */
  #dispatch(call: Call): void {
    if (call.isSettled || this.#balancer.trySend(call)) return;
    if (this.#queue.size >= this.#settings.maxQueued) {
      call.fail(overloaded(`${this.#queue.size} calls already wait for a connection`));
      return;
    }
    this.#queue.add(call);
  }

  #drainQueue(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let call = this.#queue.first; call !== null; call = this.#queue.first) {
      if (!this.#balancer.trySend(call)) break;
      this.#queue.delete(call);
    }
    this.#isDraining = false;
  }

  #lost(call: Call, error: unknown, wasSent: boolean): void {
    if (call.isSettled) return;
    const pool = this.#balancer.poolOf(call);
    pool?.health.failed();
    const mayRetry = wasSent
      ? call.isIdempotent && call.attempts <= call.retries
      : call.attempts <= call.retries + this.#balancer.size;
    if (mayRetry && !this.#isClosed && this.#balancer.isAnyWorthTrying(performance.now())) {
      // An address that loses calls at once is the least loaded one all the time.
      call.avoided = pool?.address ?? null;
      call.carrier = null;
      this.#dispatch(call);
    } else call.fail(error);
  }

  /** It was not carried out, so it may go to another address whatever it does; the same one would refuse it again. */
  #refused(call: Call, refusal: Refusal, why: string): void {
    if (call.isSettled) return;
    const pool = this.#balancer.poolOf(call)!;
    const isAnother = this.#balancer.isAnotherUp(pool, performance.now());
    if (isAnother && !this.#isClosed && call.attempts <= call.retries) {
      call.avoided = pool.address;
      call.carrier = null;
      this.#dispatch(call);
    } else call.fail(refused(refusal, pool.address, why));
  }

  #ended(call: Call, outcome: string): void {
    this.#queue.delete(call);
    this.#calls -= 1;
    const pool = this.#balancer.poolOf(call);
    const now = performance.now();
    const durationMs = now - call.startedAt;
    if (outcome === 'BANYAN_RPC_DEADLINE') {
      // Short deadlines that one slow method misses must not take the address from all the others.
      const waitedMs = Math.max(durationMs, call.carrier?.silentMs(now) ?? 0);
      if (waitedMs >= this.#settings.silenceMs) pool?.health.failed();
    } else if (outcome === 'ok' || outcome === 'exception') pool?.health.succeeded();
    this.#metrics?.ended(call.method.name, outcome, durationMs);
    this.#options.onCall?.({
      method: call.method.name,
      address: pool?.address ?? null,
      durationMs,
      outcome,
      attempts: call.attempts,
    });
    if (this.#calls === 0) this.#onIdle?.();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#calls > 0) {
      await new Promise<void>((resolve) => {
        const previous = this.#onIdle;
        this.#onIdle = () => {
          previous?.();
          resolve();
        };
      });
    }
    await this.#balancer.close(clientClosed('close'));
  }
}

/** The call's own context with the trace going on from its span; the members that it lacks stay unsaid. */
function under({ traceparent }: CallSpan, said: CallContext = {}): CallContext {
  const { requestId, identity } = said;
  return {
    traceparent,
    ...(requestId === undefined ? {} : { requestId }),
    ...(identity === undefined ? {} : { identity }),
  };
}

function outcomeOf(error: unknown): string {
  if (error instanceof ThriftException) return 'exception';
  return error instanceof BanyanError ? error.code : 'BANYAN_UNEXPECTED';
}

function badArguments(method: string, error: BadValue): BanyanError {
  const at = error.path === '' ? '' : `${error.path} `;
  return new BanyanError('BANYAN_RPC_VALUE', `arguments of ${method}: ${at}${error.what}`, {
    fix: 'Pass what the IDL declares.',
    details: { method, path: error.path },
  });
}
