import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Tracer } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import { backlogAccepted } from '../../common/backlog-accepted.ts';
import { BanyanError } from '../../common/errors.ts';
import { ApplicationErrorType } from '../client/errors.ts';
import { BadValue } from '../codec/bad-value.ts';
import { ThriftException } from '../codec/thrift-exception.ts';
import { wireType } from '../codec/type-of.ts';
import { type ValueReader, ValueReaders } from '../codec/value-reader.ts';
import { type ValueWriter, ValueWriters } from '../codec/value-writer.ts';
import { serviceOf } from '../idl/load-idl.ts';
import type { FieldDef, Idl, MethodDef } from '../idl/model.ts';
import { type CallMetrics, createCallMetrics } from '../telemetry/call-metrics.ts';
import { beginCallSpan } from '../telemetry/call-spans.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { TType } from '../wire/types.ts';
import { contextFields, type SaidContext } from './context-fields.ts';
import { type HealthEndpoint, type HealthOptions, startHealthEndpoint } from './health-endpoint.ts';
import { HeldBytes } from './held-bytes.ts';
import { quietMs, type Request, ServerConnection } from './server-connection.ts';

/**
 * What a handler knows of its call beyond the arguments. A caller says it in the header transport's headers, or in fields
 * that the IDL annotates `api.context`; headers win.
 */
export interface HandlerContext {
  readonly method: string;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
  readonly identity: string | undefined;
  /** Milliseconds left until the caller's deadline, or the server's own `deadlineMs` where the caller said none. */
  readonly remainingMs: () => number | undefined;
  /** Aborted when that deadline has passed or the caller's connection is gone. */
  readonly signal: AbortSignal;
  /** `host:port` of the caller. */
  readonly peer: string;
}

/** A handler takes the method's arguments in order, then the context. */
export type Handler = (...args: never[]) => unknown;
export type Handlers = Readonly<Record<string, Handler>>;

export interface ServerLog {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface ServedCall {
  readonly method: string;
  readonly durationMs: number;
  /** 'ok', 'exception' (declared), 'error' (undeclared), 'refused' (malformed, unknown) or 'shed'. */
  readonly outcome: 'ok' | 'exception' | 'error' | 'refused' | 'shed';
}

export interface ServeOptions {
  readonly idl: Idl;
  readonly service: string;
  /** One for each method of the service, inherited ones too. */
  readonly handlers: Handlers;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: TlsOptions;
  /** Calls carried out at a time; more are answered at once as overloaded. Default 1,024. */
  readonly maxConcurrent?: number;
  /** More are closed as they come. Default 10,000. */
  readonly maxConnections?: number;
  /** Largest message in bytes. Default 64 MiB. */
  readonly maxFrameBytes?: number;
  /** Bytes of messages that are not whole yet, over all connections; who sends more is cut off. Default 256 MiB. */
  readonly maxHeldBytes?: number;
  /** A connection that sends nothing is closed after this. Default 10 minutes. */
  readonly idleTimeoutMs?: number;
  /** A message that is not whole so long after its first byte closes its connection. Default 30 seconds. */
  readonly messageTimeoutMs?: number;
  /** For calls whose caller says no deadline, in milliseconds. Default: none. Handlers see it in their context. */
  readonly deadlineMs?: number;
  readonly log?: ServerLog;
  readonly onCall?: (call: ServedCall) => void;
  /** Where calls are counted: `banyan_rpc_server_…` (docs/rpc.md). */
  readonly metrics?: Registry;
  /** A span for each call, a child of its caller's. */
  readonly tracer?: Tracer;
  /** An HTTP endpoint for probes: `/readyz`, `/livez`, and `/metrics` where there are metrics. */
  readonly health?: HealthOptions;
}

export interface ThriftServer {
  /** `host:port`. */
  readonly address: string;
  /** `http://host:port` of the health endpoint, if there is one. */
  readonly healthUrl: string | null;
  readonly stats: { readonly connections: number; readonly inFlight: number };
  /**
   * The health turns 503. After `health.drainMs` clients are sent away (those that do not understand it: once they are
   * quiet), no new connections are taken, what is under way is answered, and the server ends.
   * After `graceMs` more (default 10,000) what is left is cut off.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

interface MethodPlan {
  readonly method: MethodDef;
  readonly readArgs: ValueReader;
  readonly contextFields: (args: Readonly<Record<string, unknown>>) => SaidContext;
  readonly success: { readonly type: number; readonly write: ValueWriter; readonly isBool: boolean } | null;
  readonly throws: readonly {
    readonly field: FieldDef;
    readonly name: string;
    readonly write: ValueWriter;
  }[];
  readonly handler: (...args: unknown[]) => unknown;
}

/**
 * Serves the service. Framed, buffered and header transports, binary and compact protocols are told apart by their first
 * bytes, so that one port serves every client.
 *
 * @throws BanyanError `BANYAN_RPC_HANDLERS` (missing or unknown handlers), `BANYAN_RPC_LISTEN`
 */
export async function serve(options: ServeOptions): Promise<ThriftServer> {
  const plans = plansOf(options);
  const state = new ServerState(options, plans);
  await state.start();
  return state;
}

function plansOf(options: ServeOptions): Map<string, MethodPlan> {
  const service = serviceOf(options.idl, options.service);
  const names = new Set(service.methods.map((method) => method.name));
  const missing = [...names].filter((name) => typeof options.handlers[name] !== 'function');
  const unknown = Object.keys(options.handlers).filter((name) => !names.has(name));
  if (missing.length > 0 || unknown.length > 0) {
    const what = [
      ...(missing.length > 0 ? [`no handler for ${missing.join(', ')}`] : []),
      ...(unknown.length > 0 ? [`no method ${unknown.join(', ')}`] : []),
    ];
    throw new BanyanError('BANYAN_RPC_HANDLERS', `${options.service}: ${what.join('; ')}`, {
      fix: 'Give one handler for each method of the service.',
    });
  }
  const readers = new ValueReaders();
  const writers = new ValueWriters();
  return new Map(
    service.methods.map((method) => {
      const handler = options.handlers[method.name]! as (...args: unknown[]) => unknown;
      const plan: MethodPlan = {
        method,
        readArgs: readers.struct(method.args),
        contextFields: contextFields(method),
        success:
          method.result === null
            ? null
            : {
                type: wireType(method.result),
                write: writers.type(method.result),
                isBool: method.result.kind === 'bool',
              },
        throws: method.throws.flatMap((field) =>
          field.type.kind === 'struct'
            ? [{ field, name: field.type.struct.name, write: writers.struct(field.type.struct) }]
            : [],
        ),
        handler: (...args) => handler.apply(options.handlers, args as never[]),
      };
      return [method.name, plan];
    }),
  );
}

/** Half open: a client that is still sending when our replies end must not have them taken from it by a reset. */
const socketOptions = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  /** A peer that vanished without a word is found out within some twenty seconds. */
  keepAliveInitialDelay: 10_000,
} as const;

class ServerState implements ThriftServer {
  readonly #options: ServeOptions;
  readonly #plans: ReadonlyMap<string, MethodPlan>;
  readonly #server: Server;
  readonly #connections = new Set<ServerConnection>();
  /** Every socket, those too whose TLS handshake is not done. */
  readonly #sockets = new Set<Socket>();
  readonly #held: HeldBytes;
  readonly #metrics: CallMetrics | undefined;
  #health: HealthEndpoint | null = null;
  #inFlight = 0;
  #isClosing = false;
  #stopping: Promise<void> | null = null;

  constructor(options: ServeOptions, plans: ReadonlyMap<string, MethodPlan>) {
    this.#options = options;
    this.#plans = plans;
    const { metrics } = options;
    this.#metrics = metrics === undefined ? undefined : createCallMetrics(metrics, 'server', options.service);
    this.#held = new HeldBytes(options.maxHeldBytes ?? 256 * 1024 * 1024);
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server =
      options.tls === undefined
        ? createServer(socketOptions, accept)
        : createTlsServer({ handshakeTimeout: 10_000, ...options.tls, ...socketOptions }, accept);
    this.#server.maxConnections = options.maxConnections ?? 10_000;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<void> {
    await this.#listen();
    const { health, metrics } = this.#options;
    if (health === undefined) return;
    try {
      this.#health = await startHealthEndpoint(health, metrics);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(
          new BanyanError('BANYAN_RPC_LISTEN', `cannot listen on ${host}:${port}: ${error.message}`, {
            fix: 'Free the port, or choose another one.',
            cause: error,
          }),
        );
      });
      this.#server.listen(port, host, resolve);
    });
    this.#server.removeAllListeners('error');
    this.#server.on('error', (error) => this.#options.log?.error({ err: error }, 'the Thrift server failed'));
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    return address.family === 'IPv6'
      ? `[${address.address}]:${address.port}`
      : `${address.address}:${address.port}`;
  }

  get healthUrl(): string | null {
    return this.#health?.url ?? null;
  }

  get stats(): { connections: number; inFlight: number } {
    return { connections: this.#connections.size, inFlight: this.#inFlight };
  }

  stop(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.graceMs ?? 10_000);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    if (this.#health !== null) {
      this.#health.drain();
      await sleep(this.#options.health?.drainMs ?? 0);
    }
    this.#isClosing = true;
    for (const connection of this.#connections) connection.endWhenQuiet();
    const cutOff = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    // Connections on their way to a port that closes are reset with the calls that they bring: first, clients hear of it.
    await sleep(Math.min(quietMs, graceMs));
    await backlogAccepted(this.#server);
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await closed;
    await Promise.all([...this.#connections].map((connection) => connection.closed));
    clearTimeout(cutOff);
    await this.#health?.close();
  }

  #accept(socket: Socket): void {
    const connection = new ServerConnection(socket, {
      maxFrameBytes: this.#options.maxFrameBytes ?? 64 * 1024 * 1024,
      idleTimeoutMs: this.#options.idleTimeoutMs ?? 600_000,
      messageTimeoutMs: this.#options.messageTimeoutMs ?? 30_000,
      deadlineMs: this.#options.deadlineMs,
      onHeld: (bytes) => this.#held.add(bytes),
      onRequest: (request) => this.#received(request),
      onClosed: () => this.#connections.delete(connection),
      onFault: (error, peer) =>
        this.#options.log?.error({ err: error, peer }, 'a Thrift connection was cut off'),
    });
    this.#connections.add(connection);
    if (this.#isClosing) connection.endWhenQuiet();
  }

  #received(request: Request): void {
    const name = request.name.slice(request.name.lastIndexOf(':') + 1);
    const plan = this.#plans.get(name);
    const startedAt = performance.now();
    const refused = (outcome: ServedCall['outcome']): void => {
      this.#metrics?.refused(plan === undefined ? 'unknown' : name, outcome);
      done(outcome);
    };
    const done = (outcome: ServedCall['outcome']): void => {
      this.#options.onCall?.({ method: name, durationMs: performance.now() - startedAt, outcome });
    };
    if (plan === undefined) {
      request.fail(ApplicationErrorType.unknownMethod, `${this.#options.service} has no method ${name}`);
      refused('refused');
      return;
    }
    if (this.#inFlight >= (this.#options.maxConcurrent ?? 1_024)) {
      request.refuse('overloaded', `${this.#inFlight} calls are under way already`);
      refused('shed');
      return;
    }
    let args: Record<string, unknown>;
    try {
      args = plan.readArgs(request.reader) as Record<string, unknown>;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      request.fail(ApplicationErrorType.protocolError, why);
      refused('refused');
      return;
    }
    this.#inFlight++;
    this.#metrics?.began();
    void this.#run(plan, request, args).then((outcome) => {
      this.#inFlight--;
      this.#metrics?.ended(name, outcome, performance.now() - startedAt);
      done(outcome);
    });
  }

  async #run(
    plan: MethodPlan,
    request: Request,
    args: Record<string, unknown>,
  ): Promise<ServedCall['outcome']> {
    const context = request.context(plan.method.name, plan.contextFields(args));
    const { tracer, service } = this.#options;
    if (tracer === undefined) return this.#carryOut(plan, request, args, context);
    const span = beginCallSpan(tracer, 'server', service, plan.method.name, context.traceparent);
    // What the handler calls in turn belongs under this span.
    context.traceparent = span.traceparent;
    const outcome = await span.within(() => this.#carryOut(plan, request, args, context));
    span.end(outcome);
    return outcome;
  }

  async #carryOut(
    plan: MethodPlan,
    request: Request,
    args: Record<string, unknown>,
    context: HandlerContext,
  ): Promise<ServedCall['outcome']> {
    const { method } = plan;
    try {
      const values = method.args.fields.map((field) => args[field.name]);
      const result = await plan.handler(...values, context);
      if (method.oneway) request.none();
      else request.reply((w) => writeResult(plan, w, result));
      return 'ok';
    } catch (error) {
      const declared =
        error instanceof ThriftException
          ? plan.throws.find((one) => one.name === error.exception)
          : undefined;
      try {
        if (declared !== undefined && error instanceof ThriftException) {
          request.reply((w) => {
            const saved = w.structBegin();
            w.field(TType.struct, declared.field.id);
            declared.write(w, error.fields);
            w.stop();
            w.structEnd(saved);
          });
          return 'exception';
        }
        throw error;
      } catch (undeclared) {
        const why =
          undeclared instanceof BadValue ? `${undeclared.path} ${undeclared.what}` : 'internal error';
        this.#options.log?.error(
          {
            err: undeclared,
            method: method.name,
            requestId: context.requestId,
            traceparent: context.traceparent,
            identity: context.identity,
            remainingMs: wholeMs(context.remainingMs()),
            peer: context.peer,
          },
          undeclared instanceof BadValue
            ? `${method.name} answered with what the IDL does not allow: ${why}`
            : `${method.name} threw what the IDL does not declare`,
        );
        if (method.oneway) request.none();
        else request.fail(ApplicationErrorType.internalError, 'internal error');
        return 'error';
      }
    }
  }
}

function wholeMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}

function writeResult(plan: MethodPlan, w: ProtocolWriter, result: unknown): void {
  const saved = w.structBegin();
  const { success } = plan;
  if (success !== null) {
    if (result === undefined || result === null) throw new BadValue('is missing').inMember('result');
    if (success.isBool) {
      if (typeof result !== 'boolean') throw new BadValue('must be a boolean').inMember('result');
      w.boolField(0, result);
    } else {
      w.field(success.type, 0);
      try {
        success.write(w, result);
      } catch (error) {
        throw error instanceof BadValue ? error.inMember('result') : error;
      }
    }
  }
  w.stop();
  w.structEnd(saved);
}
