import { AsyncLocalStorage } from 'node:async_hooks';

/** As much of an Express request as names it. */
export interface NamedRequest {
  readonly method?: string | undefined;
  readonly baseUrl?: string;
  /** Known once Express has found it. */
  readonly route?: { readonly path?: unknown };
}

const running = new AsyncLocalStorage<NamedRequest | string>();

/** Runs `work` as a job of this name: what it asks of the database is told by it. */
export function runAs<Result>(name: string, work: () => PromiseLike<Result> | Result): Promise<Result> {
  // A query of knex begins when it is waited for: here, and not by whoever called.
  return running.run(name, async () => await work());
}

/** A middleware for Express: what a request's handlers ask of the database is told by its route. Mount it first. */
export function nameCallers() {
  return (request: NamedRequest, _response: unknown, next: () => void): void => running.run(request, next);
}

/** Who asks now: `POST /orders/:id`, a job's name, or why neither is known. Values of parameters are no part of it. */
export function callerNow(): string {
  const caller = running.getStore();
  if (caller === undefined) return '(neither a request nor a named job)';
  if (typeof caller === 'string') return `job ${caller}`;
  const { method = '', baseUrl = '', route } = caller;
  if (route?.path === undefined) return `${method} (before its route is known)`;
  return `${method} ${baseUrl}${String(route.path)}`;
}
