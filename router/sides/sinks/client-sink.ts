import type { Failure } from '../../answer/failure.ts';
import { closeAfter } from '../../answer/linger.ts';
import { fail } from '../../answer/reply.ts';
import type { RouterResponse } from '../../answer/router-response.ts';
import { writeMarkFields } from '../../cohorts/write-mark.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { type SwitchedConnection, Tunnel } from '../../upgrade/tunnel.ts';
import { drop } from '../http/response-head.ts';
import { passableTrailers } from '../http/trailers.ts';
import type { AnswerHead, Sink, WholeAnswer } from '../sink.ts';

/** Octets up to which a head and its body fit into what Node writes without asking for memory (16 KiB), and are cheaper as one text. */
const longestText = 12 * 1024;

/** Octets that may wait for a client before its side is read no further. */
const mostWaiting = 192 * 1024;

/** Writes a side's answer to the client, and asks legacy instead where a canaried read failed. */
export class ClientSink implements Sink {
  readonly #exchange: Exchange;
  /** Octets of the body to come; null: nobody said how many. */
  #expected: number | null = null;
  /** Fields of the answer that its `Connection` makes hop-by-hop. */
  #nominated: readonly string[] | null = null;
  /** True once the client was told to send its body. */
  #wanted = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /**
   * On a pipelined connection, when it is this response's turn. Node remembers it: to a client that expected it in vain the answer
   * says `Connection: close`, because nobody knows whether the body still comes.
   */
  wanted(): void {
    const { response } = this.#exchange;
    this.#wanted = true;
    if (!response.headersSent && !response.destroyed) response.writeContinue();
  }

  /**
   * Passed on at once, in front of the final answer. HTTP/1.0 clients do not know such responses (RFC 9110 §15.2) and get none. Node
   * writes informational responses of its own only, so this one goes to the socket as text; the response parser has checked
   * its names and values.
   */
  inform(status: number, reason: string, fields: readonly string[]): void {
    const { request, response } = this.#exchange;
    if (response.headersSent) return;
    if (response.informational !== null) {
      response.informational(status, fields);
      return;
    }
    // Not yet this response's turn on a pipelined connection: dropping an informational response is always allowed.
    if (request.httpVersionMinor === 0 || response.socket === null) return;
    let text = `HTTP/1.1 ${status} ${reason}\r\n`;
    for (let i = 0; i + 1 < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
    response.socket.write(`${text}\r\n`, 'latin1');
  }

  head(head: AnswerHead): void {
    const exchange = this.#exchange;
    const { response, core } = exchange;
    exchange.account.firstByteAt = performance.now();
    const { status } = head;
    // Some readers take it for the length of a body that is not there (RFC 9110 §8.6).
    let fields =
      status === 204 && head.contentLength !== null ? drop(head.fields, ['content-length']) : head.fields;
    if (head.trailers && !carriesTrailers(exchange, head)) fields = drop(fields, ['trailer']);
    if (core.options.markWrites && exchange.compiled?.isWrite && exchange.decision?.side === 'service') {
      fields = [...fields, ...writeMarkFields(exchange.compiled.feature.name, Date.now())];
    }
    if (core.draining) fields = [...fields, 'Connection', 'close'];
    // Node says so in the answer itself: the client was never told to send its body.
    if (exchange.head.expectsContinue && !this.#wanted && !exchange.request.complete) closeAfter(exchange);
    this.#nominated = head.nominated;
    this.#expected = head.contentLength;
    if (head.reason === null) response.writeHead(status, fields as string[]);
    else {
      response.sendDate = false;
      response.writeHead(status, head.reason, fields as string[]);
    }
    // Without a body in the same piece, as with server-sent events, the head must not wait for one.
    core.turnEnd.flush(response);
  }

  data(piece: Buffer): boolean {
    const { response, core } = this.#exchange;
    core.bulk.passed(piece.length);
    if (this.#expected === piece.length) {
      // The last piece: the answer ends with it.
      this.#expected = null;
      const isText = response.takesText && piece.length <= longestText;
      core.turnEnd.end(response, isText ? piece.toString('latin1') : Buffer.from(piece));
      return true;
    }
    if (this.#expected !== null) this.#expected -= piece.length;
    response.bodyBegun = true;
    if (this.#write(response, piece)) return true;
    // It leaves at the end of this turn, nearly always whole: a pause after each piece would cost as much as the piece.
    const { socket } = response;
    if (response.takesText && socket !== null && socket.writableLength < mostWaiting) return true;
    // One drain serves all pieces that still come.
    if (!response.awaitsDrain) {
      response.awaitsDrain = true;
      response.once('drain', onDrain);
    }
    return false;
  }

  /** The piece's memory is used again after the call. */
  #write(response: RouterResponse, piece: Buffer): boolean {
    // Who else may stand between a response and its client need not tell when a piece is done with.
    if (!response.takesText) return response.write(Buffer.from(piece));
    const { copy, giveBack } = this.#exchange.core.slabs.copy(piece);
    return giveBack === null ? response.write(copy) : response.write(copy, giveBack);
  }

  end(trailers: readonly string[]): void {
    const { response, core } = this.#exchange;
    if (response.rest === null) {
      if (trailers.length > 0) response.addTrailers(pairs(passableTrailers(trailers, this.#nominated)));
      if (response.bodyBegun || trailers.length > 0) response.end();
      else core.turnEnd.end(response, '');
    }
    this.#exchange.work.end();
  }

  switched({ connection, reason, fields, chosen }: SwitchedConnection): void {
    const exchange = this.#exchange;
    const { response, core } = exchange;
    exchange.account.firstByteAt = performance.now();
    response.sendDate = false;
    response.writeHead(101, reason, [
      ...drop(fields, ['content-length', 'trailer']),
      'Connection',
      'Upgrade',
      'Upgrade',
      chosen,
    ]);
    response.end();
    const { upgradedIdleMs, idleMs } = core.options.timeouts;
    new Tunnel(exchange.handshake!, connection, upgradedIdleMs, idleMs);
    exchange.work.end();
  }

  fail(failure: Failure, instead?: WholeAnswer): void {
    const exchange = this.#exchange;
    const { account } = exchange;
    if (!account.clientGone && failure.status >= 500 && exchange.mayFallBack) {
      account.fellBack = true;
      exchange.core.options.logger.warn(
        { failure: { code: failure.code, message: failure.message }, route: exchange.compiled!.route.id },
        'a canaried read fell back to legacy',
      );
      exchange.work.begin(exchange.core.legacy, this);
      return;
    }
    exchange.work.end();
    if (account.clientGone) return;
    if (instead === undefined || (instead.status >= 500 && exchange.policy.ownBody)) fail(exchange, failure);
    else {
      account.failure = failure;
      this.#whole(instead);
    }
  }

  retried(): void {
    this.#exchange.account.retries += 1;
  }

  #whole({ status, fields, body }: WholeAnswer): void {
    const exchange = this.#exchange;
    // What follows an unfinished request on its connection could be anything.
    const isLast = !exchange.request.complete;
    if (isLast) closeAfter(exchange);
    this.head({
      status,
      reason: null,
      fields: isLast && !exchange.core.draining ? [...fields, 'Connection', 'close'] : fields,
      contentLength: body?.length ?? 0,
      trailers: false,
      nominated: null,
    });
    exchange.response.end(body ?? undefined);
  }
}

function onDrain(this: RouterResponse): void {
  this.awaitsDrain = false;
  this.exchange?.work.resume();
}

/** Trailers come behind the last chunk: without chunks there is no place for them. */
function carriesTrailers({ request }: Exchange, { status, contentLength }: AnswerHead): boolean {
  if (request.httpVersionMinor === 0 || request.method === 'HEAD') return false;
  return status !== 204 && status !== 304 && contentLength === null;
}

function pairs(fields: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) out.push([fields[i]!, fields[i + 1]!]);
  return out;
}
