import { BanyanError } from '../../common/errors.ts';
import { LinkedQueue } from '../../common/linked-queue.ts';
import { BadValue } from '../codec/bad-value.ts';
import { ThriftException } from '../codec/thrift-exception.ts';
import { ValueReaders } from '../codec/value-reader.ts';
import { type ValueWriter, ValueWriters } from '../codec/value-writer.ts';
import { bindMethod, isIdempotentMethod } from '../http/bind-method.ts';
import { serviceOf } from '../idl/load-idl.ts';
import type { Idl, MethodDef } from '../idl/model.ts';
import { type CallMetrics, createCallMetrics } from '../telemetry/call-metrics.ts';
import { beginCallSpan, type CallSpan } from '../telemetry/call-spans.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { newReader, newWriter } from '../wire/protocols.ts';
import type { Refusal } from '../wire/refusal.ts';
import { AddressPool, Standing } from './address-pool.ts';
import type { Call } from './call.ts';
import { cancelled, clientClosed, deadlineExceeded, overloaded, refused, unavailable } from './errors.ts';
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
  readonly #options: ClientOptions;
  readonly #settings: Settings;
  readonly #plans = new Map<string, MethodPlan>();
  readonly #idempotent = new Set<string>();
  readonly #pools: AddressPool[];
  readonly #queue = new LinkedQueue<Call>();
  #calls = 0;
  readonly #metrics: CallMetrics | undefined;
  #turn = 0;
  #isClosed = false;
  #onIdle: (() => void) | null = null;
  #isDraining = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.idl = options.idl;
    this.#settings = settingsOf(options);
    const { metrics } = options;
    this.#metrics = metrics === undefined ? undefined : createCallMetrics(metrics, 'client', options.service);
    const service = serviceOf(options.idl, options.service);
    const writers = new ValueWriters();
    const readers = new ValueReaders();
    for (const method of service.methods) {
      this.#plans.set(method.name, {
        method,
        write: writers.struct(method.args),
        read: replyReader(method, readers),
      });
      const isIdempotent = bindMethod(service, method)?.isIdempotent ?? isIdempotentMethod(method, false);
      if (isIdempotent) this.#idempotent.add(method.name);
    }
    const writer = newWriter(this.#settings.protocol);
    const reader = newReader(this.#settings.protocol);
    if (options.addresses.length === 0) throw badAddress('');
    this.#pools = options.addresses.map(
      (address) =>
        new AddressPool({
          ...hostAndPort(address),
          address,
          tls: options.tls,
          settings: this.#settings,
          writer,
          reader,
          onRoom: () => this.#drainQueue(),
        }),
    );
  }

  get stats(): { calls: number; queued: number; connections: number } {
    const connections = this.#pools.reduce((sum, pool) => sum + pool.connections, 0);
    return { calls: this.#calls, queued: this.#queue.size, connections };
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
        connection: null,
        avoided: null,
        ahead: null,
        behind: null,
        seqid: 0,
        heardBefore: 0,
        attempts: 0,
      };
      const timer = setTimeout(() => {
        const { connection } = call;
        call.fail(deadlineExceeded(method.name, deadlineMs));
        connection?.forget(call, true);
      }, deadlineMs);
      const onAbort = (): void => {
        const { connection } = call;
        call.fail(cancelled(method.name, signal?.reason));
        connection?.forget(call, false);
      };
      this.#calls += 1;
      this.#metrics?.began();
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#isClosed) return call.fail(clientClosed(method.name));
      this.#dispatch(call);
    });
  }

  /** Sends the call to the least loaded address that is up, or queues it, or fails it. */
  #dispatch(call: Call): void {
    if (call.isSettled || this.#trySend(call)) return;
    if (this.#queue.size >= this.#settings.maxQueued) {
      call.fail(overloaded(`${this.#queue.size} calls already wait for a connection`));
      return;
    }
    this.#queue.add(call);
  }

  /** True once the call needs no more room: it was sent, or it failed. */
  #trySend(call: Call): boolean {
    const now = performance.now();
    const { avoided } = call;
    const best = this.#bestStanding(now, avoided);
    const candidates = this.#pools.filter((pool) =>
      best === Standing.down ? pool.isWorthTrying(now) : standing(pool, now, avoided) === best,
    );
    if (candidates.length === 0) {
      const addresses = this.#pools.map((pool) => pool.address).join(', ');
      call.fail(unavailable(addresses, 'it refused lately, and is tried again after a pause'));
      return true;
    }
    if (candidates.length > 1) {
      // Turned by one each time, so that a client with few calls still uses all addresses.
      candidates.unshift(...candidates.splice(this.#turn++ % candidates.length));
      candidates.sort((a, b) => a.load - b.load);
      // In a rolling restart the first that left is the first to be back, while the last one's port is about to close.
      if (best === Standing.leaving) candidates.sort((a, b) => leaves(a, avoided) - leaves(b, avoided));
    }
    return candidates.some((pool) => pool.trySend(call));
  }

  #bestStanding(now: number, avoided: AddressPool | null): number {
    let best: number = Standing.down;
    for (const pool of this.#pools) best = Math.max(best, standing(pool, now, avoided));
    return best;
  }

  #isAnyWorthTrying(now: number): boolean {
    return this.#pools.some((pool) => pool.standing(now) > Standing.down || pool.isWorthTrying(now));
  }

  #drainQueue(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let call = this.#queue.first; call !== null; call = this.#queue.first) {
      if (!this.#trySend(call)) break;
      this.#queue.delete(call);
    }
    this.#isDraining = false;
  }

  #lost(call: Call, error: unknown, wasSent: boolean): void {
    if (call.isSettled) return;
    this.#poolOf(call)?.failed();
    const mayRetry = wasSent
      ? call.isIdempotent && call.attempts <= call.retries
      : call.attempts <= call.retries + this.#pools.length;
    if (mayRetry && !this.#isClosed && this.#isAnyWorthTrying(performance.now())) {
      call.connection = null;
      this.#dispatch(call);
    } else call.fail(error);
  }

  /** It was not carried out, so it may go to another address whatever it does; the same one would refuse it again. */
  #refused(call: Call, refusal: Refusal, why: string): void {
    if (call.isSettled) return;
    const pool = this.#poolOf(call)!;
    const now = performance.now();
    const isAnother = this.#pools.some((one) => one !== pool && one.standing(now) > Standing.down);
    if (isAnother && !this.#isClosed && call.attempts <= call.retries) {
      call.avoided = pool;
      call.connection = null;
      this.#dispatch(call);
    } else call.fail(refused(refusal, pool.address, why));
  }

  #poolOf(call: Call): AddressPool | undefined {
    const address = call.connection?.address;
    return this.#pools.find((pool) => pool.address === address);
  }

  #ended(call: Call, outcome: string): void {
    this.#queue.delete(call);
    this.#calls -= 1;
    const pool = this.#poolOf(call);
    const now = performance.now();
    const durationMs = now - call.startedAt;
    if (outcome === 'BANYAN_RPC_DEADLINE') {
      // Short deadlines that one slow method misses must not take the address from all the others.
      const waitedMs = Math.max(durationMs, call.connection?.silentMs(now) ?? 0);
      if (waitedMs >= this.#settings.silenceMs) pool?.failed();
    } else if (outcome === 'ok' || outcome === 'exception') pool?.succeeded();
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
    await Promise.all(this.#pools.map((pool) => pool.close(clientClosed('close'))));
  }
}

/** How the address stands for a call that another one is to take if there is one. */
function standing(pool: AddressPool, now: number, avoided: AddressPool | null): number {
  const own = pool.standing(now);
  return pool === avoided ? Math.min(own, Standing.leaving) : own;
}

function leaves(pool: AddressPool, avoided: AddressPool | null): number {
  return pool === avoided ? Number.POSITIVE_INFINITY : pool.leavingUntil;
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

function hostAndPort(address: string): { host: string; port: number } {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(address);
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > 65535) throw badAddress(address);
  return { host: parts[1] ?? parts[2]!, port };
}

function badAddress(address: string): BanyanError {
  return new BanyanError('BANYAN_RPC_ADDRESS', `${JSON.stringify(address)} is no address of a service`, {
    fix: 'Write it as host:port, e.g. 127.0.0.1:7402.',
  });
}
