import { isIP, connect as openTcp, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { type ConnectionOptions, connect as openTls } from 'node:tls';
import { errors } from 'undici';
import { requestText } from './request-text.ts';
import { type ParsedHead, type ResponseEvents, ResponseParser } from './response-parser.ts';

export interface UpstreamRequest {
  readonly path: string;
  readonly method: string;
  /** Names and values in turn; no hop-by-hop fields. */
  readonly headers: readonly string[];
  readonly body: Readable | Buffer | null;
  /** Longest wait for the response's head, once the request is sent, milliseconds. */
  readonly headersTimeout: number;
  /** Longest pause in the response's body, milliseconds. */
  readonly bodyTimeout: number;
}

/** Who asked: told what becomes of the request. After `onResponseEnd` or `onResponseError` nothing more comes. */
export interface ConnectionUser {
  readonly dispatchOptions: UpstreamRequest;
  /** The connection it was given; given back once it is answered or has failed. */
  connection: UpstreamConnection | null;
  /** The head is about to be sent: the last moment for `abort` to prevent it. */
  onRequestStart(connection: UpstreamConnection): void;
  /** Informational responses (1xx) come here too, before the final one. */
  onResponseStart(connection: UpstreamConnection, status: number, headers: unknown, reason: string): void;
  onResponseData(connection: UpstreamConnection, piece: Buffer): void;
  onResponseEnd(connection: UpstreamConnection): void;
  onResponseError(connection: UpstreamConnection, error: Error): void;
}

export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
  readonly connectMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  /** What is read goes here; shared by all connections, because it is used up before the next read. */
  readonly buffer: Buffer;
  readonly onClosed: (connection: UpstreamConnection) => void;
}

/** An upstream that closes after `Keep-Alive: timeout=N` may do so a little early, by its own clock. */
const keepAliveMarginMs = 2_000;
/** A body of unknown length follows where methods usually have one: without it, say so. */
const bodyExpected = new Set(['POST', 'PUT', 'PATCH']);
const none: string[] = [];

/**
 * One connection to the monolith, one request at a time. What it saves over a general client: fields are written and read as
 * raw arrays without a second look, the socket's octets are parsed where they lie, and there are no timers of its own: the
 * pool's sweep asks `check` for all.
 */
export class UpstreamConnection implements ResponseEvents {
  rawHeaders: string[] = none;
  rawTrailers: string[] = none;
  paused = false;
  /** False once this connection may carry no further request. */
  reusable = true;
  idleSince = 0;
  keepAliveMs: number;
  readonly #settings: ConnectionSettings;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #connected = false;
  #user: ConnectionUser | null = null;
  /** True once the request's head may have left. */
  #begun = false;
  #sent = false;
  #answered = false;
  #isHead = false;
  #since = performance.now();
  #upload: Upload | null = null;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.keepAliveMs = settings.keepAliveMs;
    this.#parser = new ResponseParser(this, settings.headerBytes);
    const { host, port, encrypted, buffer } = settings;
    const options = {
      host,
      port,
      noDelay: true,
      onread: { buffer, callback: (length: number) => this.#read(buffer.subarray(0, length)) },
    };
    // `onread` is an option of TLS sockets too; their types leave it out.
    const tls: ConnectionOptions = Object.assign(options, {
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
    });
    const socket = encrypted ? openTls(tls) : openTcp(options);
    this.#socket = socket;
    socket
      .once(encrypted ? 'secureConnect' : 'connect', () => this.#onConnected())
      .on('drain', () => this.#upload?.resume())
      .on('end', () => this.#onEnd())
      .on('error', (error) => this.#fail(error))
      .once('close', () => {
        this.#fail(new errors.SocketError('closed'));
        settings.onClosed(this);
      });
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends the user's request, once the connection stands. */
  assign(user: ConnectionUser): void {
    this.#user = user;
    user.connection = this;
    this.#begun = false;
    this.#sent = false;
    this.#answered = false;
    this.#since = performance.now();
    if (this.#connected) this.#begin(user);
  }

  /** Ends the request in progress, and the connection with it if any of it may have left. */
  abort(reason: Error): void {
    if (this.#begun) this.#fail(reason);
    else this.#drop(reason);
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.#since = performance.now();
    this.#socket.resume();
  }

  destroy(error: Error = new errors.SocketError('closed')): void {
    this.#fail(error);
  }

  /** Looks at its time limits. */
  check(now: number): void {
    const user = this.#user;
    const waited = now - this.#since;
    if (!this.#connected) {
      if (waited >= this.#settings.connectMs) this.#fail(new errors.ConnectTimeoutError());
    } else if (user === null) {
      if (now - this.idleSince >= this.keepAliveMs) this.destroy();
    } else if (this.#answered) {
      if (!this.paused && waited >= user.dispatchOptions.bodyTimeout)
        this.#fail(new errors.BodyTimeoutError());
    } else if (this.#sent || this.#socket.writableNeedDrain) {
      if (waited >= user.dispatchOptions.headersTimeout) this.#fail(new errors.HeadersTimeoutError());
    }
  }

  onHead(head: ParsedHead): boolean {
    const user = this.#user;
    if (user === null) return false;
    this.#since = performance.now();
    this.rawHeaders = head.fields;
    if (head.status >= 200) {
      this.#answered = true;
      // Some servers send a body after HEAD all the same; it would be taken for the next response.
      if (!head.persistent || this.#isHead) this.reusable = false;
      if (head.keepAliveSeconds !== null) {
        this.keepAliveMs = Math.min(
          this.#settings.keepAliveMs,
          head.keepAliveSeconds * 1_000 - keepAliveMarginMs,
        );
        if (this.keepAliveMs <= 0) this.reusable = false;
      }
    }
    user.onResponseStart(this, head.status, null, head.reason);
    return this.#isHead;
  }

  onBody(piece: Buffer): void {
    this.#since = performance.now();
    // A copy: the next read, perhaps of another connection, goes to the same memory.
    this.#user?.onResponseData(this, Buffer.from(piece));
  }

  onComplete(trailers: string[]): void {
    const user = this.#user;
    if (user === null) return;
    this.#user = null;
    this.rawTrailers = trailers;
    // Answered before the whole request was sent: the rest must not be taken for another one.
    if (!this.#sent) this.reusable = false;
    this.#stopUpload();
    user.onResponseEnd(this);
  }

  #onConnected(): void {
    this.#connected = true;
    const user = this.#user;
    if (user !== null) this.#begin(user);
  }

  #begin(user: ConnectionUser): void {
    user.onRequestStart(this);
    if (this.#user !== user) return;
    const { method, path, headers, body } = user.dispatchOptions;
    try {
      const { text, contentLength } = requestText(method, path, headers);
      this.#begun = true;
      this.#isHead = method === 'HEAD';
      this.#parser.expecting = true;
      this.#since = performance.now();
      if (body === null) this.#sendBodiless(text, contentLength, method);
      else if (Buffer.isBuffer(body)) this.#sendWhole(text, body);
      else this.#upload = new Upload(this.#socket, body, text, contentLength, this.#uploadEvents);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #sendBodiless(text: string, contentLength: number | null, method: string): void {
    this.#sent = true;
    const saysNone = contentLength !== null || bodyExpected.has(method);
    this.#socket.write(saysNone ? `${text}Content-Length: 0\r\n\r\n` : `${text}\r\n`, 'latin1');
  }

  #sendWhole(text: string, body: Buffer): void {
    this.#sent = true;
    this.#socket.cork();
    this.#socket.write(`${text}Content-Length: ${body.length}\r\n\r\n`, 'latin1');
    this.#socket.write(body);
    this.#socket.uncork();
  }

  readonly #uploadEvents: UploadEvents = {
    moved: () => {
      this.#since = performance.now();
    },
    sent: () => {
      this.#sent = true;
    },
    failed: (error) => this.#fail(error),
  };

  #stopUpload(): void {
    const upload = this.#upload;
    if (upload === null) return;
    this.#upload = null;
    upload.stop();
  }

  #read(data: Buffer): boolean {
    try {
      this.#parser.execute(data);
    } catch (error) {
      this.#fail(error as Error);
    }
    // Where this is false the socket has been paused, or is no more.
    return !this.paused && !this.#socket.destroyed;
  }

  #onEnd(): void {
    if (this.#user !== null && this.#parser.endsWithConnection) this.#parser.finish();
    this.#fail(new errors.SocketError('other side closed'));
  }

  /** The connection is of no use any more; a request in progress fails with it. */
  #fail(error: Error): void {
    this.reusable = false;
    this.#socket.destroy();
    this.#drop(error);
  }

  #drop(error: Error): void {
    const user = this.#user;
    if (user === null) return;
    this.#user = null;
    this.#stopUpload();
    user.onResponseError(this, error);
  }
}

interface UploadEvents {
  moved(): void;
  sent(): void;
  failed(error: Error): void;
}

/** A request body on its way: read as the socket takes it; the head goes out with the first piece. */
class Upload {
  readonly #socket: Socket;
  readonly #body: Readable;
  readonly #events: UploadEvents;
  /** null: in chunks. */
  readonly #length: number | null;
  #head: string;
  #bytes = 0;
  #over = false;

  constructor(
    socket: Socket,
    body: Readable,
    text: string,
    contentLength: number | null,
    events: UploadEvents,
  ) {
    this.#socket = socket;
    this.#body = body;
    this.#events = events;
    this.#length = contentLength;
    this.#head =
      contentLength === null
        ? `${text}Transfer-Encoding: chunked\r\n\r\n`
        : `${text}Content-Length: ${contentLength}\r\n\r\n`;
    body
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onError)
      .on('close', this.#onClose);
  }

  resume(): void {
    if (!this.#over) this.#body.resume();
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    // The error listener stays: a body that breaks later must find one.
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    this.#body.destroy();
  }

  readonly #onData = (piece: Buffer): void => {
    this.#bytes += piece.length;
    if (this.#length !== null && this.#bytes > this.#length) {
      this.#fail(new Error('the request body is longer than its Content-Length'));
      return;
    }
    const socket = this.#socket;
    socket.cork();
    if (this.#head !== '') socket.write(this.#head, 'latin1');
    this.#head = '';
    if (this.#length === null) socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    let more = socket.write(piece);
    if (this.#length === null) more = socket.write('\r\n', 'latin1');
    socket.uncork();
    this.#events.moved();
    if (!more) this.#body.pause();
  };

  readonly #onEnd = (): void => {
    if (this.#length !== null && this.#bytes !== this.#length) {
      this.#fail(new Error('the request body is shorter than its Content-Length'));
      return;
    }
    this.#over = true;
    const rest = this.#length === null ? `${this.#head}0\r\n\r\n` : this.#head;
    this.#head = '';
    if (rest !== '') this.#socket.write(rest, 'latin1');
    this.#events.moved();
    this.#events.sent();
  };

  readonly #onError = (error: Error): void => this.#fail(error);

  readonly #onClose = (): void => this.#fail(new Error('the request body broke off'));

  #fail(error: Error): void {
    if (!this.#over) this.#events.failed(error);
  }
}
