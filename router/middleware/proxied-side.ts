import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { Exchange } from '../exchange/exchange.ts';
import type { Upstream } from '../sides/http/upstream/upstream.ts';
import type { Ask, Side, Work } from '../sides/side.ts';
import type { Sink } from '../sides/sink.ts';
import { ProxiedAsk } from './proxied-ask.ts';

/** A monolith elsewhere, asked by http-proxy-middleware; its answers are written by the router, as all are. */
export class ProxiedSide implements Side {
  readonly kind = 'http';
  readonly #upstream: Upstream;
  readonly #proxied = new WeakMap<IncomingMessage, ProxiedAsk>();
  readonly #middleware: (request: IncomingMessage, response: ServerResponse) => Promise<void>;

  constructor(upstream: Upstream, agent: Agent) {
    this.#upstream = upstream;
    const proxied = this.#proxied;
    this.#middleware = createProxyMiddleware<IncomingMessage, ServerResponse>({
      target: upstream.addresses[0]!.url,
      router: (request) => proxied.get(request)!.target,
      agent,
      selfHandleResponse: true,
      logger: { info() {}, warn() {}, error() {} },
      on: {
        proxyReq: (outgoing, request) => proxied.get(request)?.onConnection(outgoing),
        proxyRes: (response, request) => proxied.get(request)?.onResponse(response),
        error: (error, request) => proxied.get(request)?.onError(error),
      },
    });
  }

  begin(ask: Ask, sink: Sink): Work {
    // In front of an application every ask is a client's.
    const { request, response } = ask as Exchange;
    const proxied = new ProxiedAsk(ask as Exchange, sink, this.#upstream, () => {
      this.#middleware(request, response).catch((error: unknown) => proxied.onError(error as Error));
    });
    this.#proxied.set(request, proxied);
    proxied.start();
    return proxied;
  }
}
