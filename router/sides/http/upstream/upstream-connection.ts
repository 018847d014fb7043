import { isIP, connect as openTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openTls } from 'node:tls';
import type { Linked } from '../../../../common/linked-queue.ts';
import { requestText } from './request-text.ts';
import { type ParsedHead, type ResponseEvents, ResponseParser } from './response-parser.ts';
import { Upload, type UploadBody, type UploadEvents } from './upload.ts';
import { UpstreamFault } from './upstream-fault.ts';
import type { UpstreamTls } from './upstream-tls.ts';

export interface UpstreamRequest {
  readonly path: string;
  readonly method: string;
  /** Names and values in turn; no hop-by-hop fields. */
  readonly headers: readonly string[];
  readonly body: UploadBody | Buffer | null;
  /** The lines about this hop, whole. */
  readonly hop: string;
  /** The head expects `100 Continue`: so long the body waits for it, milliseconds. null: it waits for nothing. */
  readonly continueMs: number | null;
  /** True when the head asks for another protocol, so that 101 is an answer. */
  readonly switches: boolean;
  /** Longest wait for the response's head, once the request is sent, milliseconds. */
  readonly headersTimeout: number;
  /** Longest pause in the response's body, milliseconds. */
  readonly bodyTimeout: number;
}

/** Who is told what comes. After `onResponseEnd` or `onResponseError` nothing more does. */
export interface ConnectionReader {
  onResponseData(connection: UpstreamConnection, piece: Buffer): void;
  onResponseEnd(connection: UpstreamConnection): void;
  onResponseError(connection: UpstreamConnection, error: Error): void;
}

/** Who asked: told what becomes of the request. */
export interface ConnectionUser extends ConnectionReader, Linked<ConnectionUser> {
  readonly dispatchOptions: UpstreamRequest;
  /** The connection it was given; given back once it is answered or has failed. */
  connection: UpstreamConnection | null;
  /** When it began to wait for one, by the monotonic clock; the pool's to set. */
  waitingSince: number;
  /** No connection became free in time. It stands in line no longer. */
  onNoneFree(): void;
  /** The head is about to be sent: the last moment for `abort` to prevent it. */
  onRequestStart(connection: UpstreamConnection): void;
  /** Informational responses (1xx) come here too, before the final one. */
  onResponseStart(connection: UpstreamConnection, status: number, reason: string): void;
}

/** Who has the connection for itself, once it speaks another protocol. */
export interface ConnectionOwner extends ConnectionReader {
  /** What was written has left: more may be written. */
  onDrain(): void;
}

export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  /** null: plain. */
  readonly tls: UpstreamTls | null;
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
/** After a failed write everything that can be read is there, or nearly. */
const lastWordsMs = 1_000;
/** A connection that may be silent for long is asked by TCP whether the other end lives. */
const tunnelProbeMs = 60_000;

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
  /** Whoever took the connection over, for good. */
  #owner: ConnectionOwner | null = null;
  /** True once the request's head may have left. */
  #begun = false;
  #sent = false;
  #answered = false;
  /** True once nothing can be written any more, while there may be something to read. */
  #lastWords = false;
  #isHead = false;
  #since = performance.now();
  #upload: Upload | null = null;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.keepAliveMs = settings.keepAliveMs;
    this.#parser = new ResponseParser(this, settings.headerBytes);
    const { host, port, tls, buffer } = settings;
    const options = {
      host,
      port,
      noDelay: true,
      onread: { buffer, callback: (length: number) => this.#read(buffer.subarray(0, length)) },
    };
    // `onread` is an option of TLS sockets too; their types leave it out.
    const secure: ConnectionOptions = Object.assign(options, {
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...tls,
    });
    const socket = tls === null ? openTcp(options) : openTls(secure);
    this.#socket = socket;
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error?: Error) => (this.#mayStillAnswer(error) ? socket : destroy(error));
    socket
      .once(tls === null ? 'connect' : 'secureConnect', () => this.#onConnected())
      .on('drain', () => {
        this.#upload?.resume();
        this.#owner?.onDrain();
      })
      .on('end', () => this.#onEnd())
      .on('error', (error) => this.#fail(error))
      .once('close', () => {
        this.#fail(new UpstreamFault('ERR_UPSTREAM_CLOSED', 'the connection was closed'));
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

  /** From 101 on: whoever takes it over gets all that comes, and may write. No time limit is looked at any more. */
  handOver(owner: ConnectionOwner): void {
    this.#user = null;
    this.#owner = owner;
    this.#socket.setKeepAlive(true, tunnelProbeMs);
  }

  /** For its owner; false: wait for `onDrain`. */
  write(piece: Buffer): boolean {
    return this.#socket.write(piece);
  }

  /** For its owner: nothing more will be written. */
  endWriting(): void {
    this.#socket.end();
  }

  destroy(error: Error = new UpstreamFault('ERR_UPSTREAM_CLOSED', 'the connection was closed')): void {
    this.#fail(error);
  }

  /** Looks at its time limits. */
  check(now: number): void {
    const user = this.#user;
    const waited = now - this.#since;
    if (!this.#connected) {
      if (waited >= this.#settings.connectMs)
        this.#fail(new UpstreamFault('ERR_UPSTREAM_CONNECT_TIMEOUT', 'no connection in time'));
    } else if (user === null) {
      if (now - this.idleSince >= this.keepAliveMs) this.destroy();
    } else if (this.#lastWords && !this.paused && waited >= lastWordsMs) {
      this.#fail(new UpstreamFault('ERR_UPSTREAM_CLOSED', 'the upstream broke the request off'));
    } else if (this.#answered) {
      if (!this.paused && waited >= user.dispatchOptions.bodyTimeout)
        this.#fail(new UpstreamFault('ERR_UPSTREAM_IDLE_TIMEOUT', 'a pause in the body'));
    } else if (this.#sent || this.#socket.writableNeedDrain) {
      if (waited >= user.dispatchOptions.headersTimeout)
        this.#fail(new UpstreamFault('ERR_UPSTREAM_FIRST_BYTE_TIMEOUT', 'no first byte in time'));
    }
  }

  onHead(head: ParsedHead): boolean {
    const user = this.#user;
    if (user === null) return false;
    this.#since = performance.now();
    this.rawHeaders = head.fields;
    if (head.status >= 200 || head.status === 101) {
      this.#answered = true;
      // Answered by the head alone: the body that waited is not sent any more.
      if (this.#upload?.begun === false) this.#stopUpload();
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
    user.onResponseStart(this, head.status, head.reason);
    // After the user, who passes it on: the body may come at once.
    if (head.status === 100) this.#upload?.begin();
    return this.#isHead;
  }

  onBody(piece: Buffer): void {
    this.#since = performance.now();
    // A copy: the next read, perhaps of another connection, goes to the same memory.
    (this.#owner ?? this.#user)?.onResponseData(this, Buffer.from(piece));
  }

  onComplete(trailers: string[]): void {
    const user = this.#user;
    if (user === null) {
      this.#leave()?.onResponseEnd(this);
      return;
    }
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
    const { method, path, headers, body, hop, continueMs, switches } = user.dispatchOptions;
    try {
      const { text, contentLength } = requestText(method, path, headers, hop);
      this.#begun = true;
      this.#isHead = method === 'HEAD';
      this.#parser.expecting = true;
      this.#parser.switching = switches;
      this.#since = performance.now();
      if (body === null) this.#sendBodiless(text, contentLength, method);
      else if (Buffer.isBuffer(body)) this.#sendWhole(text, body);
      else this.#upload = new Upload(this.#socket, body, text, contentLength, continueMs, this.#uploadEvents);
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
    if (this.#parser.endsWithConnection) this.#parser.finish();
    this.#fail(new UpstreamFault('ERR_UPSTREAM_CLOSED', 'the upstream closed the connection'));
  }

  /**
   * An upstream that answers early and closes resets what is being written, and a failed write ends a socket at once; but the
   * answer may have arrived before, and what has arrived can be read. True: it is read first, until the read side ends too.
   */
  #mayStillAnswer(error: NodeJS.ErrnoException | undefined): boolean {
    if (error?.syscall !== 'write') return false;
    if (this.#lastWords) return true;
    if (this.#upload === null) return false;
    this.reusable = false;
    this.#lastWords = true;
    this.#since = performance.now();
    this.#stopUpload();
    return true;
  }

  /** The connection is of no use any more; a request in progress fails with it. */
  #fail(error: Error): void {
    this.reusable = false;
    this.#socket.destroy();
    this.#drop(error);
  }

  #drop(error: Error): void {
    const user = this.#user;
    if (user === null) {
      this.#leave()?.onResponseError(this, error);
      return;
    }
    this.#user = null;
    this.#stopUpload();
    user.onResponseError(this, error);
  }

  #leave(): ConnectionOwner | null {
    const owner = this.#owner;
    this.#owner = null;
    return owner;
  }
}
