import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Tracer } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import type { Idl } from '../idl/model.ts';
import type { ProtocolName, TransportName } from '../wire/protocols.ts';

/** What travels with a call: in the header transport's headers, and into fields annotated `api.context`. */
export interface CallContext {
  readonly requestId?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  readonly identity?: string;
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
  readonly transport?: TransportName;
  /** The name under which a multiplexed processor knows the service. */
  readonly multiplexed?: string;
  readonly tls?: TlsOptions;
  /** Default 1,000 ms. */
  readonly connectTimeoutMs?: number;
  /** For calls that say none. Default 5,000 ms. */
  readonly deadlineMs?: number;
  /** A connection without calls is closed after this. Default 60,000 ms. */
  readonly idleTimeoutMs?: number;
  /** Default 4. */
  readonly connectionsPerAddress?: number;
  /**
   * Calls in flight on one connection. Default 64 for framed and header transports; 1 for buffered, whose servers often
   * read one message at a time.
   */
  readonly callsPerConnection?: number;
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
    'idl' | 'service' | 'addresses' | 'multiplexed' | 'tls' | 'onCall' | 'metrics' | 'tracer'
  >
>;

export function settingsOf(options: ClientOptions): Settings {
  const transport = options.transport ?? 'framed';
  return {
    protocol: options.protocol ?? 'binary',
    transport,
    connectTimeoutMs: options.connectTimeoutMs ?? 1_000,
    deadlineMs: options.deadlineMs ?? 5_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    connectionsPerAddress: options.connectionsPerAddress ?? 4,
    callsPerConnection: options.callsPerConnection ?? (transport === 'buffered' ? 1 : 64),
    maxQueued: options.maxQueued ?? 1_024,
    maxFrameBytes: options.maxFrameBytes ?? 64 * 1024 * 1024,
    retries: options.retries ?? 2,
    ejectAfter: options.ejectAfter ?? 5,
    silenceMs: options.silenceMs ?? 1_000,
    backoffMs: options.backoffMs ?? 50,
    backoffMaxMs: options.backoffMaxMs ?? 2_000,
  };
}
