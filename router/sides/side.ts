import type { RequestBody, RequestBodyOptions } from '../request/request-body.ts';
import type { RequestHead } from '../request/request-head.ts';
import type { RequestTarget } from '../request/request-target.ts';
import type { FailurePolicy } from '../table/failure-policy.ts';
import type { RouteCall } from '../table/route-table.ts';
import type { Handshake } from '../upgrade/handshake.ts';
import type { RequestContext } from './called/router-service.ts';
import type { Sink } from './sink.ts';

/**
 * Somebody who answers requests. What speaks to it (its kind) and whose rows it works on (legacy's or the service's) are two
 * questions: a service may speak HTTP, and whatever asks a side is told nothing of how.
 */
export interface Side {
  readonly kind: RouteCall['kind'];
  /**
   * Asks. The sink hears nothing before this has returned, and then exactly one of `end`, `fail` and `switched`; `fail` comes
   * after `abort` too, once nothing is under way any more.
   */
  begin(ask: Ask, sink: Sink): Work;
  /** The fields of an answer that the router gives itself, with what every answer of the request's route has. */
  dressed?(ask: Ask, fields: readonly string[]): readonly string[];
}

/** A request as sides are asked it. */
export interface Ask {
  readonly method: string;
  readonly target: RequestTarget;
  /** What the request says of its own framing and of its hop. */
  readonly head: RequestHead;
  /** End-to-end fields and the router's own, names and values in turn. */
  readonly headers: readonly string[];
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** How the request's route is asked of its service; null: it matches no route. */
  readonly call: RouteCall | null;
  readonly hasBody: boolean;
  /** The whole body: there once a side has read it to the end, or from the beginning. */
  body: Buffer | null;
  /** The body as it comes; once, and only where `hasBody` holds and `body` is null. */
  openBody(options: RequestBodyOptions): RequestBody;
  /** Given when the client offers to speak another protocol. */
  readonly handshake: Handshake | null;
  /** What holds when the side is slow or fails. */
  readonly policy: FailurePolicy;
  /** What is left of a total time, milliseconds; at least 1. */
  leftOf(totalMs: number): number;
  readonly context: RequestContext;
}

/** What somebody waits for on a side. */
export interface Work {
  abort(reason: Error): void;
  /** The sink has taken what `data` brought: more may come. */
  resume?(): void;
}
