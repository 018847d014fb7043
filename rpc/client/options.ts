import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Tracer } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import type { LookUp } from '../../common/resolved-addresses.ts';
import type { Idl } from '../idl/model.ts';
import type { ProtocolName, TransportName } from '../wire/protocols.ts';

/** What travels with a call, in the header transport's headers; a gateway's also in fields annotated `api.context`. */
export interface CallContext {
  readonly requestId?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** What the client says of itself, checked by nobody. */
  readonly identity?: string;
  /** Who the user is, signed by a router: docs/identity.md. */
  readonly verified?: { readonly token: string };
}

export interface CallOptions {
  /** Milliseconds from now after which the call fails with `BANYAN_RPC_DEADLINE`. */
  readonly deadlineMs?: number;
  /** Instead of the client's own setting. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
  readonly context?: CallContext;
}

/** How a call ended, for metrics. */
export interface CallReport {
  readonly method: string;
  readonly address: string | null;
  readonly durationMs: number;
  /** 'ok', 'exception' (a declared one), or an error's code. */
  readonly outcome: string;
  readonly attempts: number;
}

export interface ClientOptions {
  readonly idl: Idl;
  /** Name of a service in the IDL. */
  readonly service: string;
  /** `host:port`, one or more. */
  readonly addresses: readonly string[];
  readonly protocol?: ProtocolName;
  /** Default `header`, which `serve` takes: only over it a restart loses no call. Most official servers want `framed` or `buffered`. */
  readonly transport?: TransportName;
  /** The name under which a multiplexed processor knows the service. */
  readonly multiplexed?: string;
  /** A function is asked for each connection: for certificates that are renewed. */
  readonly tls?: TlsOptions | (() => TlsOptions);
  /** How often names among the addresses are looked up again; each address that one stands for counts. Default 30,000 ms. */
  readonly lookupMs?: number;
  /** Finds the IP addresses of a name. Default: the system does. */
  readonly lookUp?: LookUp;
  /** Default 1,000 ms. */
  readonly connectTimeoutMs?: number;
  /** For calls that say none. Default 5,000 ms. */
  readonly deadlineMs?: number;
  /** A connection without calls is closed after this. Default 60,000 ms; where it carries one call at a time, `turnMs`. */
  readonly idleTimeoutMs?: number;
  /**
   * Connections to each address. Default 64 where each carries one call at a time, 4 where calls share them. Without calls
   * they are closed again.
   */
  readonly connections?: number | undefined;
  /**
   * Calls in flight on one connection: more than 1 only for a server that takes them side by side. Left out, it is 1, and
   * 64 once the server says that it does, as `serve` does over the header transport.
   */
  readonly callsPerConnection?: number | undefined;
  /**
   * How long a connection that carries one call at a time is kept, busy or idle, before another client has its turn: a server
   * with a fixed number of threads gives each connection one of them. Default 500 ms.
   */
  readonly turnMs?: number | undefined;
  /** Calls that wait for a free connection, over all addresses. Default 1,024; beyond it `BANYAN_RPC_OVERLOADED`. */
  readonly maxQueued?: number;
  /** Largest reply in bytes. Default 64 MiB. */
  readonly maxFrameBytes?: number;
  /** Times that an idempotent call is sent again after a lost connection, and any call that was refused. Default 2. */
  readonly retries?: number;
  /** Consecutive failures after which an address is left alone for a while, if there are others. Default 5. */
  readonly ejectAfter?: number;
  /**
   * Time that a service must have had before a missed deadline says something of its address, and not just of the deadline:
   * the call's own, or the silence on its connection. Default 1,000 ms.
   */
  readonly silenceMs?: number;
  /** First pause after a refused connection or an ejection, doubled each time up to `backoffMaxMs`. Default 50 and 2,000 ms. */
  readonly backoffMs?: number;
  readonly backoffMaxMs?: number;
  readonly onCall?: (report: CallReport) => void;
  /** Where calls are counted: `banyan_rpc_client_…` (docs/rpc.md). */
  readonly metrics?: Registry;
  /** A span for each call, a child of `context.traceparent` or else of the active span. */
  readonly tracer?: Tracer;
}

export type Settings = Required<
  Omit<
    ClientOptions,
    | 'idl'
    | 'service'
    | 'addresses'
    | 'multiplexed'
    | 'tls'
    | 'onCall'
    | 'metrics'
    | 'tracer'
    | 'connections'
    | 'callsPerConnection'
    | 'turnMs'
    | 'lookUp'
  >
> & {
  readonly turnMs: number;
  /** Null: by what the server says. */
  readonly callsPerConnection: number | null;
  readonly connections: { readonly ofOneCall: number; readonly shared: number };
};

export function settingsOf(options: ClientOptions): Settings {
  return {
    protocol: options.protocol ?? 'binary',
    transport: options.transport ?? 'header',
    connectTimeoutMs: options.connectTimeoutMs ?? 1_000,
    deadlineMs: options.deadlineMs ?? 5_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    connections: { ofOneCall: options.connections ?? 64, shared: options.connections ?? 4 },
    callsPerConnection: options.callsPerConnection ?? null,
    turnMs: options.turnMs ?? 500,
    lookupMs: options.lookupMs ?? 30_000,
    maxQueued: options.maxQueued ?? 1_024,
    maxFrameBytes: options.maxFrameBytes ?? 64 * 1024 * 1024,
    retries: options.retries ?? 2,
    ejectAfter: options.ejectAfter ?? 5,
    silenceMs: options.silenceMs ?? 1_000,
    backoffMs: options.backoffMs ?? 50,
    backoffMaxMs: options.backoffMaxMs ?? 2_000,
  };
}
