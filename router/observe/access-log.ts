import type { Logger } from 'pino';
import type { Failure } from '../answer/failure.ts';
import type { Exchange } from '../exchange/exchange.ts';

export interface AccessLog {
  /** `now`: monotonic, milliseconds. */
  write(exchange: Exchange, now: number): void;
  /** A connection that was refused for what came on it, which was no request to be served. */
  writeRefusal(refusal: Refusal): void;
}

export interface Refusal {
  readonly requestId: string;
  readonly client: string;
  readonly failure: Failure;
  /** What is known of it: nothing, where no request could be read. */
  readonly method?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * One JSON line for a request: what was decided, why, and how long each part took. Ordinary requests are sampled;
 * failures, holds and fallbacks are always written. Queries, cookies and bodies never are: they may hold secrets.
 */
export function createAccessLog(logger: Logger, sample: number): AccessLog {
  let credit = 0;
  return {
    write(exchange, now) {
      const { account } = exchange;
      const ordinary =
        account.failure === null &&
        account.heldMs === 0 &&
        !account.fellBack &&
        (exchange.target?.wouldRefuse ?? null) === null;
      if (ordinary) {
        // Evenly spaced rather than random: with 0.01, every hundredth request.
        credit += sample;
        if (credit < 1) return;
        credit -= 1;
      }
      logger.info(describe(exchange, now), 'request');
    },
    writeRefusal({ failure, ...known }) {
      logger.info(
        { ...known, status: failure.status, failure: failure.code, why: failure.message },
        'request',
      );
    },
  };
}

function describe(exchange: Exchange, now: number): Record<string, unknown> {
  const { request, status, decision, account } = exchange;
  const { failure, beganAt } = account;
  return {
    requestId: exchange.requestId,
    // Of `traceparent`: https://www.w3.org/TR/trace-context/#trace-id
    traceId: exchange.traceparent.slice(3, 35) || undefined,
    method: request.method,
    path: exchange.target?.path ?? exchange.url.split(/[?#]/, 1)[0],
    status,
    client: exchange.peer.address,
    feature: decision?.feature ?? undefined,
    route: decision?.route?.id,
    side: decision?.side,
    reason: decision?.reason,
    version: decision?.version,
    ms: rounded(now - beganAt),
    firstByteMs: account.firstByteAt === 0 ? undefined : rounded(account.firstByteAt - beganAt),
    heldMs: account.heldMs === 0 ? undefined : rounded(account.heldMs),
    retries: account.retries === 0 ? undefined : account.retries,
    fellBack: account.fellBack || undefined,
    wouldRefuse: exchange.target?.wouldRefuse ?? undefined,
    aborted: account.clientGone || undefined,
    failure: failure?.code,
    why: failure?.message,
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
