import { BanyanError, describeError } from '../../../common/errors.ts';
import { writeContinue } from '../../answer/informational.ts';
import { fail } from '../../answer/reply.ts';
import { ExchangeContext } from '../../cohorts/client-identity.ts';
import type { Exchange } from '../../exchange.ts';
import { type Failure, failures, upstreamFailure } from '../../failure.ts';
import { bodyTooLarge, RequestBody, readWhole } from '../../request/request-body.ts';
import type { HttpOutput, InvokeOptions, RouterService } from './router-service.ts';

/** Asks the feature's service and answers with what it says. */
export function transcode(exchange: Exchange): void {
  const { decision, core } = exchange;
  const service = core.options.services[decision!.feature!];
  if (service === undefined) {
    core.options.logger.error({ feature: decision!.feature }, 'a route leads to a feature without a service');
    fail(exchange, failures.noService(decision!.feature!));
    return;
  }
  const aborted = new AbortController();
  exchange.startWork({ abort: (reason) => aborted.abort(reason) });
  ask(exchange, service, aborted).catch((error: unknown) => {
    // Nothing in `ask` may throw; if it does, the request must still end, and be counted as ended.
    core.options.logger.error({ error: describeError(error) }, 'a transcoded request failed unexpectedly');
    exchange.endWork();
    if (!exchange.clientGone) fail(exchange, failures.unexpected());
  });
}

async function ask(exchange: Exchange, service: RouterService, aborted: AbortController): Promise<void> {
  const { request, target, match, decision, core } = exchange;
  let body: Buffer | null = null;
  if (exchange.hasBody) {
    const read = await readBody(exchange, aborted.signal);
    if (!Buffer.isBuffer(read)) {
      exchange.endWork();
      if (!exchange.clientGone) fail(exchange, read);
      return;
    }
    body = read;
  }
  const { totalMs, answerMs, retries } = exchange.policy;
  const { signal } = aborted;
  const context = new ExchangeContext(exchange);
  const options: { -readonly [K in keyof InvokeOptions]: InvokeOptions[K] } = { signal, context, retries };
  if (answerMs !== null) options.deadlineMs = answerMs;
  if (totalMs !== null) options.withinMs = exchange.leftOf(totalMs);
  const output = await service.invoke(
    decision!.route!.rpcMethod,
    {
      method: request.method!,
      path: target.path,
      params: match!.params,
      query: target.query,
      rawHeaders: exchange.headers,
      body,
    },
    options,
  );
  exchange.firstByteAt = performance.now();
  if (output.failure !== undefined && !exchange.clientGone && mayFallBack(exchange)) {
    exchange.fellBack = true;
    core.options.logger.warn(
      { failure: output.failure, route: decision!.route!.id },
      'a canaried read fell back to legacy',
    );
    core.forward(exchange, body);
    return;
  }
  exchange.endWork();
  if (!exchange.clientGone) answer(exchange, output);
}

/** While legacy owns the rows it can answer every read; after the cutover its rows may lag, and a failure is a failure. */
function mayFallBack(exchange: Exchange): boolean {
  const compiled = exchange.compiled!;
  return exchange.policy.fallback && !compiled.isWrite && compiled.feature.owner === 'legacy';
}

async function readBody(exchange: Exchange, signal: AbortSignal): Promise<Buffer | Failure> {
  const { request, head, core } = exchange;
  const { transcodedBodyBytes } = core.options.limits;
  if (head.contentLength !== null && head.contentLength > transcodedBodyBytes) {
    return upstreamFailure(bodyTooLarge(transcodedBodyBytes));
  }
  const body = new RequestBody(request, {
    idleMs: core.options.timeouts.requestIdleMs,
    maxBytes: transcodedBodyBytes,
    onWanted: head.expectsContinue ? () => writeContinue(exchange) : undefined,
  });
  const stop = () => body.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await readWhole(body);
  } catch (error) {
    if (error instanceof BanyanError) return upstreamFailure(error);
    return failures.refused('its body broke off', 400);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function answer(exchange: Exchange, output: HttpOutput): void {
  if (output.failure !== undefined && output.status >= 500 && exchange.policy.ownBody) {
    fail(exchange, { status: output.status, ...output.failure });
    return;
  }
  const { request, response, core } = exchange;
  const headers = output.rawHeaders;
  const bodiless = output.status === 204 || output.status === 304;
  let hasLength = bodiless;
  for (let i = 0; i < headers.length && !hasLength; i += 2)
    hasLength = headers[i]!.toLowerCase() === 'content-length';
  if (!hasLength) headers.push('Content-Length', String(output.body?.length ?? 0));
  if (core.draining) headers.push('Connection', 'close');
  if (output.failure !== undefined) {
    exchange.failure = { status: output.status, code: output.failure.code, message: output.failure.message };
  }
  response.writeHead(output.status, headers);
  response.end(request.method === 'HEAD' || bodiless ? undefined : (output.body ?? undefined));
}
