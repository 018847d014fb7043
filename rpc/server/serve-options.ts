import type { TlsOptions } from 'node:tls';
import type { Tracer } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import type { VerifiedUser } from '../../common/identity/identity-token.ts';
import type { IdentityVerifierOptions } from '../../common/identity/identity-verifier.ts';
import type { ServerPemFiles } from '../../common/tls/pem-files.ts';
import type { Idl } from '../idl/model.ts';
import type { HealthOptions } from './health-endpoint.ts';

/**
 * What a handler knows of its call beyond the arguments. A caller says it in the header transport's headers, or in fields
 * that the IDL annotates `api.context`; headers win.
 */
export interface HandlerContext {
  readonly method: string;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
  /**
   * What the client says of itself, checked by nobody: for cohorts and logs, never for what somebody may do. `user` is who it is.
   */
  readonly identity: string | undefined;
  /** The token that `user` was read from; where `serve` was given no `identity`, nobody has checked it. */
  readonly identityToken: string | undefined;
  /** Who the user is, as the monolith said and the router signed; undefined: nobody, or `serve` was given no `identity`. */
  readonly user: VerifiedUser | undefined;
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
  info?(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** A line for each call that was carried out, with its outcome, its request's id and its trace. */
  debug?(fields: Readonly<ServedCall>, message: string): void;
}

/** Names of files in PEM. When they have changed and belong together, new connections are made with them. */
export interface ServeTlsFiles extends ServerPemFiles {
  /** How often they are looked at for changes, milliseconds; 0: never. Default 10,000. */
  readonly reloadMs?: number;
}

/** How identities are checked that a router signed: docs/identity.md. */
export interface ServeIdentity extends IdentityVerifierOptions {
  /** True: calls without a user are refused. Default: their handlers see none. */
  readonly required?: boolean;
}

export interface ServedCall {
  readonly method: string;
  readonly durationMs: number;
  /** 'ok', 'exception' (declared), 'error' (undeclared), 'refused' (malformed, unknown) or 'shed'. */
  readonly outcome: 'ok' | 'exception' | 'error' | 'refused' | 'shed';
  /** As its caller said it; of a call that was refused or shed nothing is known. */
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
}

export interface ServeOptions {
  readonly idl: Idl;
  readonly service: string;
  /** One for each method of the service, inherited ones too. */
  readonly handlers: Handlers;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Node's options, or files, which may be renewed while the server runs. */
  readonly tls?: TlsOptions | ServeTlsFiles;
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
  /** Given, handlers get `context.user`, and a call whose token does not hold is refused. */
  readonly identity?: ServeIdentity;
  readonly log?: ServerLog;
  readonly onCall?: (call: ServedCall) => void;
  /** Where calls are counted: `banyan_rpc_server_…` (docs/rpc.md). */
  readonly metrics?: Registry;
  /** A span for each call, a child of its caller's. */
  readonly tracer?: Tracer;
  /** An HTTP endpoint for probes: `/readyz`, `/livez`, and `/metrics` where there are metrics. */
  readonly health?: HealthOptions;
}

export function maxConcurrentOf(options: ServeOptions): number {
  return options.maxConcurrent ?? 1_024;
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
