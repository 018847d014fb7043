import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Exchange } from '../exchange/exchange.ts';
import { bodyTooLarge } from '../request/request-body.ts';
import { Attempts, type Carrier } from '../sides/http/attempts.ts';
import { responseHead } from '../sides/http/response-head.ts';
import type { Upstream } from '../sides/http/upstream/upstream.ts';
import type { Work } from '../sides/side.ts';
import type { Sink } from '../sides/sink.ts';
import { fieldsObject } from './fields-object.ts';

/**
 * One request's way to the monolith through http-proxy-middleware, held to the same failure policy as the router's own way: the
 * middleware passes octets; when it may and for how long is decided by the attempts.
 */
export class ProxiedAsk implements Work, Carrier {
  readonly #exchange: Exchange;
  readonly #sink: Sink;
  readonly #pass: () => void;
  readonly #attempts: Attempts;
  #request: ClientRequest | null = null;
  #response: IncomingMessage | null = null;
  #bodyFault: Error | null = null;
  #bodyBytes = 0;

  /** `pass` hands the exchange to http-proxy-middleware, once for each try. */
  constructor(exchange: Exchange, sink: Sink, upstream: Upstream, pass: () => void) {
    const { policy, core, request, body } = exchange;
    this.#exchange = exchange;
    this.#sink = sink;
    this.#pass = pass;
    request.headers = fieldsObject(exchange.headers);
    if (body !== null) request.headers['content-length'] = String(body.length);
    else if (exchange.head.chunked) request.headers['transfer-encoding'] = 'chunked';
    request.url = exchange.target.url;
    const connectMs = policy.connectMs ?? core.options.timeouts.connectMs;
    this.#attempts = new Attempts(upstream, exchange, sink, this, { connectMs, timed: true });
  }

  /** Where this try goes. */
  get target(): string {
    return this.#attempts.address.url;
  }

  get isConnecting(): boolean {
    return this.#request !== null && !this.#attempts.mayHaveLeft;
  }

  /** What was read of a streamed body is gone. */
  get bodyIntact(): boolean {
    return !this.#exchange.hasBody || this.#exchange.body !== null;
  }

  start(): void {
    this.#attempts.start();
  }

  begin(): void {
    this.#request = null;
    this.#pass();
  }

  cancel(error: Error): void {
    const request = this.#request;
    this.#attempts.failed(error);
    request?.destroy();
  }

  abort(reason: Error): void {
    this.#attempts.abort(reason);
  }

  resume(): void {
    this.#attempts.stalled(false);
    this.#response?.resume();
  }

  /** http-proxy-middleware has a connection for it, or one that is being made; nothing was sent yet. */
  onConnection(request: ClientRequest): void {
    const { response, core, body, hasBody } = this.#exchange;
    if (this.#attempts.abandoned || response.destroyed) {
      request.destroy();
      return;
    }
    this.#request = request;
    const begin = () => this.#attempts.abandoned || this.#attempts.sent();
    const { socket } = request;
    if (socket?.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', begin);
    else begin();
    if (body !== null) request.write(body);
    else if (hasBody) {
      const { bodyBytes } = core.options.limits;
      this.#exchange.request.on('data', (chunk: Buffer) => {
        // While the body flows the upstream need not have answered.
        if (this.#attempts.mayHaveLeft) this.#attempts.moved();
        this.#bodyBytes += chunk.length;
        if (bodyBytes === null || this.#bodyBytes <= bodyBytes || this.#bodyFault !== null) return;
        this.#bodyFault = bodyTooLarge(bodyBytes);
        request.destroy(this.#bodyFault);
      });
    }
  }

  onResponse(response: IncomingMessage): void {
    const { fields, contentLength, trailers, nominated } = responseHead(response.rawHeaders);
    const status = response.statusCode!;
    this.#response = response;
    this.#attempts.answering(status);
    this.#sink.head({ status, reason: response.statusMessage!, fields, contentLength, trailers, nominated });
    response.on('data', (chunk: Buffer) => {
      this.#attempts.moved();
      if (this.#sink.data(chunk)) return;
      response.pause();
      this.#attempts.stalled(true);
    });
    response.once('end', () => {
      if (this.#attempts.abandoned) return;
      this.#attempts.answered(status);
      this.#sink.end(response.rawTrailers);
    });
    response.once('close', () => {
      if (!response.complete) this.onError(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    });
  }

  onError(error: Error): void {
    this.#attempts.failed(this.#bodyFault ?? error);
  }
}
