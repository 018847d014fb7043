import type { ClientRequest, IncomingMessage } from 'node:http';
import { fail } from '../answer/reply.ts';
import type { Exchange, Work } from '../exchange.ts';
import { blamesAddress, failures, isBrokenConnection, upstreamFailure } from '../failure.ts';
import { bodyTooLarge } from '../request/request-body.ts';
import { safeMethods, Tries } from '../sides/http/tries.ts';
import { fieldsObject } from './fields-object.ts';

/**
 * One request's way to the monolith through http-proxy-middleware, held to the same failure policy as the router's own way:
 * time limits, further tries, circuits. The middleware passes octets; when it may and for how long is decided here.
 */
export class MiddlewareRequest implements Work {
  readonly #exchange: Exchange;
  readonly #pass: () => void;
  readonly #body: Buffer | null;
  readonly #tries: Tries;
  #request: ClientRequest | null = null;
  /** True once this try's head may have reached the upstream. */
  #started = false;
  #settled = false;
  #total: NodeJS.Timeout | null = null;
  #wait: NodeJS.Timeout | null = null;
  #waitingFor = '';
  #waitMs = 0;
  #gaveUp: string | null = null;
  #bodyFault: Error | null = null;
  #bodyBytes = 0;

  /** `pass` hands the exchange to http-proxy-middleware; `body` is given when it was read before. */
  constructor(exchange: Exchange, body: Buffer | null, pass: () => void) {
    this.#exchange = exchange;
    this.#tries = new Tries(exchange);
    this.#body = body;
    this.#pass = pass;
  }

  /** Where this try goes. */
  get target(): string {
    return this.#tries.address.url;
  }

  send(): void {
    const exchange = this.#exchange;
    const { core, policy, request } = exchange;
    request.headers = fieldsObject(exchange.headers);
    if (this.#body !== null) request.headers['content-length'] = String(this.#body.length);
    else if (exchange.head.chunked) request.headers['transfer-encoding'] = 'chunked';
    request.url = exchange.target.url;
    if (policy.totalMs !== null) {
      this.#total = setTimeout(() => this.#giveUp('the total time is up'), exchange.leftOf(policy.totalMs));
    }
    exchange.startWork(this);
    if (this.#try()) return;
    this.#settle();
    fail(exchange, failures.circuitOpen(core.upstream.retryAfterSeconds));
  }

  abort(reason: Error): void {
    if (this.#request === null) this.onError(reason);
    else this.#request.destroy(reason);
  }

  /** http-proxy-middleware has a connection for it, or one that is being made; nothing was sent yet. */
  onConnection(request: ClientRequest): void {
    const { response, policy, core } = this.#exchange;
    if (this.#settled || this.#gaveUp !== null || response.destroyed) {
      request.destroy();
      return;
    }
    this.#request = request;
    const begin = () => {
      this.#started = true;
      this.#waitFor('no first byte', policy.firstByteMs);
    };
    const { socket } = request;
    if (socket?.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', begin);
    else begin();
    if (this.#body !== null) request.write(this.#body);
    else if (this.#exchange.hasBody) {
      const { bodyBytes } = core.options.limits;
      this.#exchange.request.on('data', (chunk: Buffer) => {
        // While the body flows the upstream need not have answered.
        if (this.#started) this.#wait?.refresh();
        this.#bodyBytes += chunk.length;
        if (bodyBytes === null || this.#bodyBytes <= bodyBytes || this.#bodyFault !== null) return;
        this.#bodyFault = bodyTooLarge(bodyBytes);
        request.destroy(this.#bodyFault);
      });
    }
  }

  onResponse(response: IncomingMessage): void {
    const exchange = this.#exchange;
    exchange.firstByteAt = performance.now();
    this.#waitFor('a pause in the body', exchange.policy.idleMs);
    if (exchange.core.draining) response.headers.connection = 'close';
    response.on('data', () => this.#wait?.refresh());
    response.once('end', () => {
      if (this.#settled) return;
      this.#tries.answered(response.statusCode!);
      this.#settle();
    });
    response.once('close', () => {
      if (!response.complete) this.onError(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    });
  }

  onError(error: Error): void {
    if (this.#settled) return;
    const exchange = this.#exchange;
    const { response } = exchange;
    this.#tries.failed(error, this.#blamesAddress(error));
    if (this.#mayRetry(error) && this.#try()) return;
    this.#settle();
    if (exchange.clientGone || response.destroyed) return;
    if (this.#gaveUp !== null) fail(exchange, failures.timeout(this.#gaveUp));
    else fail(exchange, upstreamFailure(this.#bodyFault ?? error));
  }

  /** False while no address may be asked. */
  #try(): boolean {
    const { core, policy } = this.#exchange;
    if (!this.#tries.next()) return false;
    this.#request = null;
    this.#started = false;
    this.#waitFor('no connection', policy.connectMs ?? core.options.timeouts.connectMs);
    this.#pass();
    return true;
  }

  #giveUp(why: string): void {
    if (this.#settled) return;
    this.#gaveUp = why;
    const request = this.#request;
    this.onError(new Error(why));
    request?.destroy();
  }

  /** As on the router's own way: not for what the client did, nor for a limit on a whole answer. */
  #blamesAddress(error: Error): boolean {
    const { clientGone, response } = this.#exchange;
    if (clientGone || response.destroyed || this.#bodyFault !== null) return false;
    if (this.#tries.isRepeated) return false;
    if (this.#gaveUp === null) return blamesAddress(error);
    return !response.headersSent && this.#request !== null;
  }

  #mayRetry(error: Error): boolean {
    const exchange = this.#exchange;
    const { response, request } = exchange;
    if (exchange.clientGone || response.destroyed || response.headersSent) return false;
    if (this.#gaveUp !== null || this.#bodyFault !== null) return false;
    if (exchange.retries >= exchange.policy.retries) return false;
    // What was read of a streamed body is gone.
    if (this.#body === null && exchange.hasBody) return false;
    if (!this.#started) return this.#tries.anotherLeft;
    return isBrokenConnection(error) && this.#body === null && safeMethods.has(request.method!);
  }

  #waitFor(what: string, ms: number): void {
    if (this.#wait !== null) clearTimeout(this.#wait);
    if (this.#settled) return;
    this.#waitingFor = what;
    this.#waitMs = ms;
    this.#wait = setTimeout(this.#onWaited, ms);
  }

  readonly #onWaited = (): void => {
    // A client that does not read is what holds the answer up: that is no pause of the upstream's.
    if (this.#exchange.response.writableNeedDrain) this.#waitFor(this.#waitingFor, this.#waitMs);
    else this.#giveUp(this.#waitingFor);
  };

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#tries.end();
    if (this.#total !== null) clearTimeout(this.#total);
    if (this.#wait !== null) clearTimeout(this.#wait);
    this.#exchange.endWork();
  }
}
