import type { IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { describeError } from '../common/errors.ts';
import { createCore, firstTable } from './create-core.ts';
import { Exchange } from './exchange.ts';
import { failures, upstreamFailure } from './failure.ts';
import { fieldsObject } from './fields-object.ts';
import { run } from './passes.ts';
import { Peers } from './peers.ts';
import { fail } from './reply.ts';
import { normalizeOptions, type RouterOptions } from './router-options.ts';

type Next = (error?: unknown) => void;

export interface MiddlewareOptions extends Omit<RouterOptions, 'listen' | 'admin' | 'legacy'> {
  /**
   * Where the monolith is. Left out, the application that mounts the middleware is the monolith: what goes to legacy is
   * handed on to its own routes.
   */
  readonly legacy?: RouterOptions['legacy'];
}

export interface BanyanMiddleware {
  (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: Next): void;
  /** The name this process beats the state store under. */
  readonly replica: string;
  /** Waits for the requests in progress and gives the lease back. */
  stop(): Promise<void>;
}

/**
 * The router as a middleware for an Express application: the same checks, decisions, holds and transcoding; the way to the
 * monolith is http-proxy-middleware, or the application itself. Mount it in front of body parsers: a body that was
 * read can be neither held nor passed on. Rejects with `BANYAN_ROUTER_OPTIONS` or `BANYAN_ROUTER_NO_TABLE`.
 */
export async function banyanMiddleware(options: MiddlewareOptions): Promise<BanyanMiddleware> {
  const { legacy, ...rest } = options;
  const nexts = new WeakMap<Exchange, Next>();
  const normalized = normalizeOptions({
    ...rest,
    listen: { port: 0 },
    legacy: legacy ?? { addresses: ['http://127.0.0.1'] },
  });
  const core = createCore(normalized, legacy === undefined ? handOn : proxy);
  const peers = new Peers(normalized.isTrusted);
  const proxied = new WeakMap<IncomingMessage, Exchange>();
  const middleware = createProxyMiddleware<IncomingMessage, ServerResponse>({
    target: core.upstream.addresses[0]!.url,
    router: () => core.upstream.choose().url,
    proxyTimeout: normalized.timeouts.firstByteMs,
    logger: { info() {}, warn() {}, error() {} },
    on: {
      error(error, request) {
        const exchange = proxied.get(request);
        if (exchange !== undefined && !exchange.clientGone) fail(exchange, upstreamFailure(error));
      },
    },
  });

  function handOn(exchange: Exchange): void {
    nexts.get(exchange)?.();
  }

  function proxy(exchange: Exchange): void {
    const { request, response, headers, target } = exchange;
    request.headers = fieldsObject(headers);
    if (exchange.head.chunked) request.headers['transfer-encoding'] = 'chunked';
    request.url = target.url;
    proxied.set(request, exchange);
    middleware(request, response).catch((error: unknown) => {
      core.options.logger.error({ error: describeError(error) }, 'a request failed unexpectedly');
      fail(exchange, failures.unexpected());
    });
  }

  try {
    await firstTable(core);
  } catch (error) {
    await core.table.stop();
    await core.upstream.close();
    throw error;
  }
  core.table.start();
  core.upstream.start();
  let stopping: Promise<void> | null = null;
  const stop = async () => {
    await core.exchanges.none();
    await core.table.stop();
    await core.upstream.close();
    await Promise.all(Object.values(normalized.services).map((service) => service.close()));
  };
  const handle = (
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: Next,
  ) => {
    const own = Object.assign(response, { exchange: null, bodyBegun: false, informational: null });
    const exchange = new Exchange(
      core,
      request,
      own,
      peers.of(request.socket),
      request.originalUrl ?? request.url,
    );
    nexts.set(exchange, next);
    response.on('close', () => exchange.conclude());
    if (request.readableEnded && exchange.announcesBody) {
      core.options.logger.error('a body parser in front of banyanMiddleware read a request body');
      fail(exchange, failures.bodyGone());
      return;
    }
    run(exchange);
  };
  return Object.assign(handle, {
    replica: normalized.replica,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  });
}
