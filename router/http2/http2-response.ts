import { EventEmitter } from 'node:events';
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { ResponseState, RouterResponse } from '../answer/router-response.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Http2Request } from './http2-request.ts';

/** HTTP/2 has frames for what these say (RFC 9113 §8.2.2). */
const hopOnly = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
]);
/** node:http2 sends these once and throws on a second one; of an upstream's duplicates the first one goes. */
const single = new Set(
  (
    'access-control-allow-credentials access-control-max-age age content-encoding content-language content-length ' +
    'content-location content-md5 content-range content-type date etag expires last-modified location retry-after ' +
    'tk x-content-type-options'
  ).split(' '),
);

/** An HTTP/2 stream as the router writes responses: the part of `ServerResponse` that it uses. */
export class Http2Response extends EventEmitter implements ResponseState {
  exchange: Exchange | null = null;
  bodyBegun = false;
  rest: Buffer | string | null = null;
  awaitsTurnEnd = false;
  awaitsDrain = false;
  /** Frames carry octets. */
  readonly takesText = false;
  /** HTTP/2 has informational responses of its own. */
  readonly informational = (status: number, rawHeaders: readonly string[]): void => {
    if (!this.#gone) this.#stream.additionalHeaders({ ...headersOf(rawHeaders), ':status': status });
  };
  sendDate = true;
  statusCode = 200;
  writableEnded = false;
  writableFinished = false;
  readonly #stream: ServerHttp2Stream;
  #trailers: OutgoingHttpHeaders = {};

  constructor(stream: ServerHttp2Stream, request: Http2Request) {
    super();
    this.#stream = stream;
    stream.on('drain', () => this.emit('drain'));
    stream.on('wantTrailers', () => stream.sendTrailers(this.#trailers));
    stream.once('finish', () => {
      // A reset by the client ends this side too: that is no answer that was sent.
      if (!this.writableEnded) return;
      this.writableFinished = true;
      const unread = !request.complete;
      request.complete = true;
      this.#close();
      // The answer is whole; a body that nobody reads is not waited for, and the connection serves on.
      if (unread && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
    });
    stream.once('close', () => this.#close());
    // What broke shows in 'close'.
    stream.on('error', () => undefined);
  }

  get headersSent(): boolean {
    return this.#stream.headersSent;
  }

  get destroyed(): boolean {
    return this.#gone;
  }

  get #gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  writeContinue(): void {
    this.informational(100, []);
  }

  writeHead(status: number, second: string | readonly string[], third?: readonly string[]): this {
    this.statusCode = status;
    if (this.#gone) return this;
    const rawHeaders = typeof second === 'string' ? (third ?? []) : second;
    const headers = headersOf(rawHeaders);
    // Node knows `sendDate`, its types do not.
    const options = { waitForTrailers: headers['content-length'] === undefined, sendDate: this.sendDate };
    this.#stream.respond({ ...headers, ':status': status }, options);
    return this;
  }

  /** `respond` has put the head on its way already. */
  flushHeaders(): void {}

  addTrailers(fields: readonly (readonly [string, string])[]): void {
    this.#trailers = headersOf(fields.flat());
  }

  write(chunk: Buffer): boolean {
    return this.#gone || this.#stream.write(chunk);
  }

  end(chunk?: Buffer | string): this {
    this.writableEnded = true;
    if (this.#gone) return this;
    if (chunk === undefined) this.#stream.end();
    else this.#stream.end(chunk);
    return this;
  }

  /**
   * Breaks off by a reset: the client cannot take what it got for the whole. A stream that is closed instead ends as a whole answer
   * does, with END_STREAM in front of its reset.
   */
  destroy(): this {
    if (!this.#gone) this.#stream.destroy(new Error('the answer broke off'));
    return this;
  }

  /** This adapter is all that the router asks of a response; Node's type has more, which nobody uses. */
  asRouterResponse(): RouterResponse {
    return this as unknown as RouterResponse;
  }

  #closed = false;
  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }
}

function headersOf(rawHeaders: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    const before = headers[name];
    if (hopOnly.has(name)) continue;
    if (before === undefined) headers[name] = value;
    else if (single.has(name)) continue;
    else if (typeof before === 'string') headers[name] = [before, value];
    else before.push(value);
  }
  return headers;
}
