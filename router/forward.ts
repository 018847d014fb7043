import type { Exchange, Work } from './exchange.ts';
import { blamesAddress, failures, upstreamFailure } from './failure.ts';
import { relayInformational } from './informational.ts';
import { fail } from './reply.ts';
import { RequestBody } from './request-body.ts';
import { drop, type ResponseHead, responseHead } from './response-head.ts';
import type { RouterResponse } from './router-response.ts';
import type { UpstreamAddress } from './upstream.ts';
import type { ConnectionUser, UpstreamConnection, UpstreamRequest } from './upstream-connection.ts';

/** Methods that may be sent twice: they only read (RFC 9110 §9.2.1). */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Passes a request to the monolith and its answer back, octet for octet. `body` is given when it was read before. */
export function forward(exchange: Exchange, body: Buffer | null): void {
  new ForwardedRequest(exchange, body).send();
}

/**
 * One request's way to the monolith: told what becomes of it, over one or more tries. Back-pressure is explicit
 * both ways: the body is read as the upstream takes it, and the upstream is paused while the client's socket is full.
 */
class ForwardedRequest implements ConnectionUser, Work {
  connection: UpstreamConnection | null = null;
  dispatchOptions!: UpstreamRequest;
  readonly #exchange: Exchange;
  readonly #tried: UpstreamAddress[] = [];
  #body: RequestBody | Buffer | null;
  #address!: UpstreamAddress;
  #controller: UpstreamConnection | null = null;
  /** True once this try's head may have reached the upstream. */
  #started = false;
  #expectedBytes: number | null = null;
  #settled = false;
  #total: NodeJS.Timeout | null = null;
  /** Only where the route has timeouts of its own: for a connection, then the first byte, then the next piece. */
  #wait: NodeJS.Timeout | null = null;
  /** What took too long for the router to wait any longer. */
  #gaveUp: string | null = null;

  constructor(exchange: Exchange, body: Buffer | null) {
    this.#exchange = exchange;
    this.#body = body;
  }

  send(): void {
    const exchange = this.#exchange;
    const { core, policy } = exchange;
    if (this.#body === null && exchange.hasBody) {
      this.#body = new RequestBody(exchange.request, {
        idleMs: core.options.timeouts.requestIdleMs,
        maxBytes: core.options.limits.bodyBytes,
        onPiece: policy.timed ? (bytes) => this.#onBodyPiece(bytes) : core.bulk.passed,
        onWanted: exchange.head.expectsContinue ? () => exchange.response.writeContinue() : undefined,
      });
    }
    if (policy.totalMs !== null) this.#total = setTimeout(onTotal, exchange.leftOf(policy.totalMs), this);
    if (policy.connectMs !== null) this.#waitFor('no connection', policy.connectMs);
    exchange.startWork(this);
    this.dispatchOptions = {
      path: exchange.target.url,
      method: exchange.request.method!,
      headers: exchange.headers,
      body: this.#body,
      headersTimeout: policy.firstByteMs,
      bodyTimeout: policy.idleMs,
    };
    if (this.#try()) return;
    this.#end();
    fail(exchange, failures.circuitOpen(core.upstream.retryAfterSeconds));
  }

  abort(reason: Error): void {
    if (this.#controller !== null) this.#controller.abort(reason);
    else if (this.#address.connections.withdraw(this)) this.#fail(reason);
  }

  giveUp(why: string): void {
    this.#gaveUp = why;
    if (this.#controller === null) {
      // Still waiting for a connection, or for its own to be made: then the head is never sent.
      this.#address.connections.withdraw(this);
      this.#fail(new Error(why));
    } else this.#controller.abort(new Error(why));
  }

  /** False while no address may be asked. */
  #try(): boolean {
    const address = this.#exchange.core.upstream.pick(this.#tried);
    if (address === null) return false;
    this.#address = address;
    this.#started = false;
    this.#controller = null;
    address.pending += 1;
    address.connections.send(this);
    return true;
  }

  onRequestStart(controller: UpstreamConnection): void {
    this.#controller = controller;
    // A client that gave up while the connection was made is not sent.
    if (this.#exchange.clientGone || this.#settled) {
      controller.abort(new Error('the client went away'));
      return;
    }
    this.#started = true;
    const { policy } = this.#exchange;
    if (policy.timed) this.#waitFor('no first byte', policy.firstByteMs);
    else this.#stopWaiting();
  }

  onResponseStart(
    controller: UpstreamConnection,
    status: number,
    _headers: unknown,
    statusMessage: string,
  ): void {
    const exchange = this.#exchange;
    const raw = controller.rawHeaders;
    if (status < 200) {
      relayInformational(exchange, status, statusMessage, raw);
      return;
    }
    exchange.firstByteAt = performance.now();
    if (this.#wait !== null) this.#waitFor('a pause in the body', exchange.policy.idleMs);
    const { response, core } = exchange;
    // A probe has its answer now; the body may last.
    if (this.#address.probing) core.upstream.answered(this.#address, status);
    const head = responseHead(raw);
    let { rawHeaders } = head;
    if (head.trailers && !carriesTrailers(exchange, status, head)) rawHeaders = drop(rawHeaders, ['trailer']);
    if (core.draining) rawHeaders.push('Connection', 'close');
    response.sendDate = false;
    response.writeHead(status, statusMessage, rawHeaders);
    this.#expectedBytes = head.contentLength;
    // Without a body in the same piece, as with server-sent events, the head must not wait for one.
    core.heads.flushSoon(response);
  }

  onResponseData(controller: UpstreamConnection, chunk: Buffer): void {
    const { response, core } = this.#exchange;
    core.bulk.passed(chunk.length);
    this.#wait?.refresh();
    if (this.#expectedBytes === chunk.length) {
      // The last piece: ending with it saves a write.
      this.#expectedBytes = null;
      response.end(chunk);
      return;
    }
    if (this.#expectedBytes !== null) this.#expectedBytes -= chunk.length;
    response.bodyBegun = true;
    if (!response.write(chunk)) {
      controller.pause();
      // It is the client that pauses now.
      this.#stopWaiting();
      response.once('drain', onDrain);
    }
  }

  onResponseEnd(controller: UpstreamConnection): void {
    const { response, core } = this.#exchange;
    const trailers = controller.rawTrailers;
    if (trailers.length > 0 && !response.writableEnded) {
      response.addTrailers(pairs(trailers));
    }
    response.end();
    if (core.upstream.answered(this.#address, response.statusCode)) this.#warnOpen('its answers');
    this.#address.connections.giveBack(this);
    this.#settle();
  }

  onResponseError(_controller: UpstreamConnection | null, error: Error): void {
    this.#address.connections.giveBack(this);
    this.#fail(error);
  }

  /** Lets the upstream go on: the client has taken what was written. */
  resume(): void {
    if (!this.#controller?.paused) return;
    const { policy } = this.#exchange;
    if (policy.timed) this.#waitFor('a pause in the body', policy.idleMs);
    this.#controller.resume();
  }

  #fail(error: Error): void {
    if (this.#settled) return;
    const exchange = this.#exchange;
    const { core } = exchange;
    if (!this.#blamesAddress(error)) core.upstream.abandoned(this.#address);
    else if (core.upstream.failed(this.#address)) this.#warnOpen(error.message);
    if (this.#mayRetry(error)) {
      const failed = this.#address;
      this.#tried.push(failed);
      if (this.#try()) {
        failed.pending -= 1;
        exchange.retries += 1;
        return;
      }
    }
    this.#settle();
    if (exchange.clientGone) return;
    fail(exchange, this.#gaveUp === null ? upstreamFailure(error) : failures.timeout(this.#gaveUp));
  }

  /** True for what the address did, not the client, nor a limit that this one route set on a whole answer. */
  #blamesAddress(error: Error): boolean {
    const { clientGone, response } = this.#exchange;
    if (clientGone) return false;
    // Tries of one request count once: a request that breaks its worker is not a broken address.
    if (this.#tried.includes(this.#address) && !this.#address.probing) return false;
    if (this.#gaveUp === null) return blamesAddress(error);
    return !response.headersSent && (this.#started || this.connection !== null);
  }

  #warnOpen(why: string): void {
    this.#exchange.core.options.logger.warn(
      { address: this.#address.url, error: why },
      'an address of legacy keeps failing: its circuit is open',
    );
  }

  /**
   * A request that never left may go to another address; one that left only if it reads, has no body and nothing of its
   * answer reached the client. A write that may have been executed is never sent twice.
   */
  #mayRetry(error: Error): boolean {
    const exchange = this.#exchange;
    if (exchange.clientGone || this.#gaveUp !== null || exchange.response.headersSent) return false;
    if (exchange.retries >= exchange.policy.retries) return false;
    if (!this.#started) {
      const bodyLeft = !(this.#body instanceof RequestBody && this.#body.destroyed);
      return bodyLeft && exchange.core.upstream.addresses.length > this.#tried.length + 1;
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return false;
    return this.#body === null && safeMethods.has(exchange.request.method!);
  }

  #waitFor(what: string, ms: number): void {
    this.#stopWaiting();
    this.#wait = setTimeout(onWaited, ms, this, what);
  }

  #stopWaiting(): void {
    if (this.#wait === null) return;
    clearTimeout(this.#wait);
    this.#wait = null;
  }

  /** While the body flows the upstream need not have answered. */
  #onBodyPiece(bytes: number): void {
    this.#exchange.core.bulk.passed(bytes);
    this.#wait?.refresh();
  }

  #settle(): void {
    if (this.#settled) return;
    this.#address.pending -= 1;
    this.#end();
  }

  #end(): void {
    this.#settled = true;
    if (this.#total !== null) clearTimeout(this.#total);
    this.#stopWaiting();
    this.#exchange.endWork();
  }
}

function onDrain(this: RouterResponse): void {
  this.exchange?.resume();
}

/** Trailers come behind the last chunk: without chunks there is no place for them. */
function carriesTrailers({ request }: Exchange, status: number, head: ResponseHead): boolean {
  if (request.httpVersionMinor === 0 || request.method === 'HEAD') return false;
  return status !== 204 && status !== 304 && head.contentLength === null;
}

function pairs(fields: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) out.push([fields[i]!, fields[i + 1]!]);
  return out;
}

function onTotal(forwarded: ForwardedRequest): void {
  forwarded.giveUp('the total time is up');
}

function onWaited(forwarded: ForwardedRequest, what: string): void {
  forwarded.giveUp(what);
}
