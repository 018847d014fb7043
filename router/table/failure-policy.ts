import { type FailureBody, jsonFailureBody } from '../answer/failure.ts';
import type { ErrorBody, RoutePolicy } from './route-policy.ts';

/** A policy with every setting filled in, as requests go by it. Times in milliseconds. */
export interface FailurePolicy {
  /** null: the connections' own setting, which costs a request nothing. */
  readonly connectMs: number | null;
  readonly firstByteMs: number;
  /** What a route said of its first byte; null: a service's own deadline holds. */
  readonly answerMs: number | null;
  readonly idleMs: number;
  /**
   * True where a route bounds its first byte or its pauses: timed to the millisecond then. The sweep over all
   * connections, which serves the rest, is a fifth of a second late.
   */
  readonly timed: boolean;
  readonly totalMs: number | null;
  readonly retries: number;
  readonly fallback: boolean;
  readonly failureBody: FailureBody;
  /** True when `failureBody` was configured: then a service's own failures show it too. */
  readonly ownBody: boolean;
}

export interface FailureDefaults {
  readonly timeouts: {
    readonly firstByteMs: number;
    readonly idleMs: number;
    readonly totalMs: number | null;
  };
  readonly retries: { readonly max: number };
  readonly fallback: boolean;
  readonly errorBody?: ErrorBody | undefined;
}

/** What holds for requests of no route, and for routes that say nothing. */
export function defaultPolicy({ timeouts, retries, fallback, errorBody }: FailureDefaults): FailurePolicy {
  return Object.freeze({
    connectMs: null,
    firstByteMs: timeouts.firstByteMs,
    answerMs: null,
    idleMs: timeouts.idleMs,
    timed: false,
    totalMs: timeouts.totalMs,
    retries: retries.max,
    fallback,
    failureBody: errorBody === undefined ? jsonFailureBody : templateBody(errorBody),
    ownBody: errorBody !== undefined,
  });
}

/** A route's policy over the router's settings; worked out when a table is compiled, not for each request. */
export function resolvePolicy(defaults: FailurePolicy, own: RoutePolicy): FailurePolicy {
  const { timeouts = {}, retries, fallback, errorBody } = own;
  return Object.freeze({
    connectMs: timeouts.connectMs ?? defaults.connectMs,
    firstByteMs: timeouts.firstByteMs ?? defaults.firstByteMs,
    answerMs: timeouts.firstByteMs ?? defaults.answerMs,
    idleMs: timeouts.idleMs ?? defaults.idleMs,
    timed: timeouts.firstByteMs !== undefined || timeouts.idleMs !== undefined,
    totalMs: timeouts.totalMs === undefined ? defaults.totalMs : timeouts.totalMs,
    retries: retries ?? defaults.retries,
    fallback: fallback ?? defaults.fallback,
    failureBody: errorBody === undefined ? defaults.failureBody : templateBody(errorBody),
    ownBody: errorBody !== undefined || defaults.ownBody,
  });
}

const placeholder = /\{(status|code|message|requestId)\}/g;

/**
 * The body for failures of the upstream's making (5xx). What is the client's own fault is said in the router's JSON: a
 * maintenance page would hide it.
 */
export function templateBody({ contentType, body }: ErrorBody): FailureBody {
  const escaped = escapeFor(contentType);
  return (failure, requestId) => {
    if (failure.status < 500) return jsonFailureBody(failure, requestId);
    const values: Readonly<Record<string, string>> = {
      status: String(failure.status),
      code: failure.code,
      message: failure.message,
      requestId,
    };
    return { contentType, body: body.replace(placeholder, (_whole, name: string) => escaped(values[name]!)) };
  };
}

function escapeFor(contentType: string): (value: string) => string {
  if (/json/i.test(contentType)) return (value) => JSON.stringify(value).slice(1, -1);
  if (/html|xml/i.test(contentType)) {
    return (value) => value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  }
  return (value) => value;
}
