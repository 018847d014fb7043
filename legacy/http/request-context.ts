import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

/** What goes along with a request to whatever it asks: into other services' logs, and how long it may take. */
export interface RequestContext {
  readonly requestId: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** When the request must be answered, in milliseconds of `performance.now()`. */
  readonly deadlineAt?: number;
  /** The features that the request has written to: what it reads of them must show it. */
  readonly written: Set<string>;
}

const store = new AsyncLocalStorage<RequestContext>();

/** Takes the id, the trace and `X-Deadline-Ms`, how long the caller still waits; a request without an id is given one. */
export const keepContext: RequestHandler = (request, _response, next) => {
  const { 'x-request-id': id, 'x-deadline-ms': waits, traceparent } = request.headers;
  const requestId = typeof id === 'string' && /^[\x21-\x7e]{1,128}$/.test(id) ? id : randomUUID();
  const isTrace = typeof traceparent === 'string' && /^[\da-f]{2}(-[\da-f]{2,32}){3}$/.test(traceparent);
  const isDeadline = typeof waits === 'string' && /^\d{1,9}$/.test(waits);
  const deadlineAt = performance.now() + Number(waits);
  const written = new Set<string>();
  store.run({ requestId, written, ...(isTrace && { traceparent }), ...(isDeadline && { deadlineAt }) }, next);
};

/** Of the request that is being answered; undefined in jobs. */
export function requestContext(): RequestContext | undefined {
  return store.getStore();
}

/** Does a part of the request's work, which must be done by `deadlineAt` or by the request's own deadline, if that is sooner. */
export function withDeadline<T>(deadlineAt: number, work: () => T): T {
  const context = store.getStore() ?? { requestId: randomUUID(), written: new Set<string>() };
  const sooner = Math.min(deadlineAt, context.deadlineAt ?? Number.POSITIVE_INFINITY);
  return store.run({ ...context, deadlineAt: sooner }, work);
}
