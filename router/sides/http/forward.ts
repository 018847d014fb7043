import { relayInformational, writeContinue } from '../../answer/informational.ts';
import { closeAfter } from '../../answer/linger.ts';
import { fail } from '../../answer/reply.ts';
import type { RouterResponse } from '../../answer/router-response.ts';
import { headerValue } from '../../cohorts/identity.ts';
import type { Exchange, Work } from '../../exchange.ts';
import { blamesAddress, failures, isBrokenConnection, upstreamFailure } from '../../failure.ts';
import { RequestBody } from '../../request/request-body.ts';
import { Tunnel } from '../../upgrade/tunnel.ts';
import { hopFields } from './hop-fields.ts';
import { drop, type ResponseHead, responseHead } from './response-head.ts';
import { passableTrailers } from './trailers.ts';
import { safeMethods, Tries } from './tries.ts';
import { ResponseFault } from './upstream/response-parser.ts';
import type { ConnectionUser, UpstreamConnection, UpstreamRequest } from './upstream/upstream-connection.ts';

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
  ahead: ConnectionUser | null = null;
  behind: ConnectionUser | null = null;
  waitingSince = 0;
  dispatchOptions!: UpstreamRequest;
  readonly #exchange: Exchange;
  readonly #tries: Tries;
  #body: RequestBody | Buffer | null;
  #controller: UpstreamConnection | null = null;
  /** True once this try's head may have reached the upstream. */
  #started = false;
  #expectedBytes: number | null = null;
  #settled = false;
  #total: NodeJS.Timeout | null = null;
  /** Only where the route has timeouts of its own: for a connection, then the first byte, then the next piece. */
  #wait: NodeJS.Timeout | null = null;
  /** True once an informational response came, and may have reached the client. */
  #informed = false;
  /** True once the client was told to send its body. */
  #continued = false;
  /** True once the upstream said so itself. */
  #continuedByUpstream = false;
  /** Fields of the answer that its `Connection` makes hop-by-hop. */
  #trailersDropped: readonly string[] | null = null;
  /** What took too long for the router to wait any longer. */
  #gaveUp: string | null = null;

  constructor(exchange: Exchange, body: Buffer | null) {
    this.#exchange = exchange;
    this.#tries = new Tries(exchange);
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
        onWanted: exchange.head.expectsContinue ? () => this.#continue() : undefined,
        passTrailers: exchange.head.chunked ? (raw) => passedTrailers(exchange, raw) : undefined,
      });
    }
    if (policy.totalMs !== null) this.#total = setTimeout(onTotal, exchange.leftOf(policy.totalMs), this);
    if (policy.connectMs !== null) this.#waitFor('no connection', policy.connectMs);
    exchange.startWork(this);
    const streamed = this.#body instanceof RequestBody;
    this.dispatchOptions = {
      path: exchange.target.url,
      method: exchange.request.method!,
      headers: exchange.headers,
      body: this.#body,
      hop: hopFields(exchange, streamed),
      continueMs: streamed && exchange.head.expectsContinue ? core.options.timeouts.continueMs : null,
      switches: exchange.handshake !== null,
      headersTimeout: policy.firstByteMs,
      bodyTimeout: policy.idleMs,
    };
    if (this.#try()) return;
    this.#end();
    fail(exchange, failures.circuitOpen(core.upstream.retryAfterSeconds));
  }

  abort(reason: Error): void {
    if (this.#controller !== null) this.#controller.abort(reason);
    else if (this.#tries.address.connections.withdraw(this)) this.#fail(reason);
  }

  giveUp(why: string): void {
    this.#gaveUp = why;
    if (this.#controller === null) {
      // Still waiting for a connection, or for its own to be made: then the head is never sent.
      this.#tries.address.connections.withdraw(this);
      this.#fail(new Error(why));
    } else this.#controller.abort(new Error(why));
  }

  /** False while no address may be asked. */
  #try(): boolean {
    if (!this.#tries.next()) return false;
    this.#started = false;
    this.#controller = null;
    this.#tries.address.connections.send(this);
    return true;
  }

  onNoneFree(): void {
    this.giveUp('no connection');
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

  onResponseStart(controller: UpstreamConnection, status: number, statusMessage: string): void {
    const exchange = this.#exchange;
    const raw = controller.rawHeaders;
    if (status < 200) {
      this.#informed = true;
      if (status === 101) this.#switch(controller, statusMessage, raw);
      else if (status === 100) this.#onContinue(statusMessage, raw);
      else relayInformational(exchange, status, statusMessage, raw);
      return;
    }
    exchange.firstByteAt = performance.now();
    if (this.#wait !== null) this.#waitFor('a pause in the body', exchange.policy.idleMs);
    const { response, core } = exchange;
    // A probe has its answer now; the body may last.
    if (this.#tries.address.probing) this.#tries.answered(status);
    const head = responseHead(raw);
    let { rawHeaders } = head;
    // Some readers take it for the length of a body that is not there (RFC 9110 §8.6).
    if (status === 204 && head.contentLength !== null) rawHeaders = drop(rawHeaders, ['content-length']);
    if (head.trailers && !carriesTrailers(exchange, status, head)) rawHeaders = drop(rawHeaders, ['trailer']);
    if (core.draining) rawHeaders.push('Connection', 'close');
    // Node says so in the answer itself: the client was never told to send its body.
    if (exchange.head.expectsContinue && !this.#continued && !exchange.request.complete) closeAfter(exchange);
    this.#trailersDropped = head.nominated;
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
    // Pieces read before the pause still come, perhaps many: one drain serves them all.
    if (response.write(chunk) || controller.paused) return;
    controller.pause();
    // It is the client that pauses now.
    this.#stopWaiting();
    response.once('drain', onDrain);
  }

  onResponseEnd(controller: UpstreamConnection): void {
    const { response } = this.#exchange;
    const trailers = controller.rawTrailers;
    if (trailers.length > 0 && !response.writableEnded) {
      response.addTrailers(pairs(passableTrailers(trailers, this.#trailersDropped)));
    }
    response.end();
    this.#tries.answered(response.statusCode);
    this.#tries.address.connections.giveBack(this);
    this.#settle();
  }

  onResponseError(_controller: UpstreamConnection | null, error: Error): void {
    this.#tries.address.connections.giveBack(this);
    this.#fail(error);
  }

  /** The body is wanted: the upstream said so, or was waited for long enough. */
  #continue(): void {
    if (this.#continued) return;
    this.#continued = true;
    writeContinue(this.#exchange);
  }

  /**
   * The upstream's `100 Continue`. Its first one answers the expectation, and goes no further if the router was quicker: the
   * client has heard that word. All others are informational responses like any (RFC 9110 §15.2).
   */
  #onContinue(reason: string, raw: readonly string[]): void {
    const exchange = this.#exchange;
    const awaited = exchange.head.expectsContinue && this.#body instanceof RequestBody;
    if (awaited && !this.#continuedByUpstream) this.#continue();
    else relayInformational(exchange, 100, reason, raw);
    this.#continuedByUpstream = true;
  }

  /** The upstream speaks another protocol from here on, one that the client offered. */
  #switch(controller: UpstreamConnection, reason: string, raw: readonly string[]): void {
    const exchange = this.#exchange;
    const { response, core } = exchange;
    const handshake = exchange.handshake!;
    const chosen = headerValue(raw, 'upgrade');
    if (chosen === null || !handshake.offered(chosen)) {
      controller.destroy(new ResponseFault('101, to a protocol that nobody offered'));
      return;
    }
    exchange.firstByteAt = performance.now();
    const { rawHeaders } = responseHead(raw);
    response.sendDate = false;
    response.writeHead(101, reason, [
      ...drop(rawHeaders, ['content-length', 'trailer']),
      'Connection',
      'Upgrade',
      'Upgrade',
      chosen,
    ]);
    response.end();
    this.#tries.address.connections.letGo(this);
    const { upgradedIdleMs, idleMs } = core.options.timeouts;
    new Tunnel(handshake, controller, upgradedIdleMs, idleMs);
    this.#tries.answered(101);
    this.#settle();
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
    this.#tries.failed(error, this.#blamesAddress(error));
    if (this.#mayRetry(error) && this.#try()) return;
    this.#settle();
    if (exchange.clientGone) return;
    fail(exchange, this.#gaveUp === null ? upstreamFailure(error) : failures.timeout(this.#gaveUp));
  }

  /** True for what the address did, not the client, nor a limit that this one route set on a whole answer. */
  #blamesAddress(error: Error): boolean {
    const { clientGone, response } = this.#exchange;
    if (clientGone) return false;
    if (this.#tries.isRepeated) return false;
    if (this.#gaveUp === null) return blamesAddress(error);
    return !response.headersSent && (this.#started || this.connection !== null);
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
      return bodyLeft && this.#tries.anotherLeft;
    }
    if (this.#informed || !isBrokenConnection(error)) return false;
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
    this.#tries.end();
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

function passedTrailers({ head, core }: Exchange, raw: readonly string[]): string[] {
  // Who a client is was read from its head; nothing behind the body may say otherwise.
  const saysWho = (name: string) =>
    core.options.identity.some((source) => source.kind === 'header' && source.name === name);
  return passableTrailers(raw, head.nominated, saysWho);
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
