import type { Socket } from 'node:net';
import { type ConnectionState, states } from './connection-state.ts';
import type { ConnectionOwner, ConnectionUser } from './connection-user.ts';
import { openSocket, type SocketSettings } from './open-socket.ts';
import { overdue } from './overdue.ts';
import { requestText } from './request-text.ts';
import { type ParsedHead, type ResponseEvents, ResponseParser } from './response-parser.ts';
import { Upload, type UploadEvents } from './upload.ts';
import { UpstreamFault } from './upstream-fault.ts';

export interface ConnectionSettings extends SocketSettings {
  readonly connectMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  readonly onClosed: (connection: UpstreamConnection) => void;
}

/** An upstream that closes after `Keep-Alive: timeout=N` may do so a little early, by its own clock: two seconds, or half of a short time. */
function keptFor(announcedMs: number): number {
  return Math.max(announcedMs - 2_000, announcedMs / 2);
}

/** A body of unknown length follows where methods usually have one: without it, say so. */
const bodyExpected = new Set(['POST', 'PUT', 'PATCH']);
const none: string[] = [];
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
  readonly madeAt = performance.now();
  keepAliveMs: number;
  readonly #settings: ConnectionSettings;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #state: ConnectionState = states.connecting;
  #user: ConnectionUser | null = null;
  /** Whoever took the connection over, for good. */
  #owner: ConnectionOwner | null = null;
  #since = performance.now();
  #upload: Upload | null = null;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.keepAliveMs = settings.keepAliveMs;
    this.#parser = new ResponseParser(this, settings.headerBytes);
    this.#socket = openSocket(settings, {
      onConnected: () => this.#onConnected(),
      onRead: (piece) => this.#read(piece),
      onDrain: () => {
        this.#upload?.resume();
        this.#owner?.onDrain();
      },
      onEnd: () => this.#onEnd(),
      onError: (error) => this.#fail(error),
      onClose: () => {
        this.#fail(new UpstreamFault('ERR_UPSTREAM_CLOSED', 'the connection was closed'));
        settings.onClosed(this);
      },
      mayStillAnswer: (error) => this.#mayStillAnswer(error),
    });
  }

  /** False while it is being made. */
  get connected(): boolean {
    return this.#state !== states.connecting;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends the user's request, once the connection stands. */
  assign(user: ConnectionUser): void {
    this.#user = user;
    user.connection = this;
    this.#since = performance.now();
    if (this.connected) this.#begin(user);
  }

  /** Ends the request in progress, and the connection with it if any of it may have left. */
  abort(reason: Error): void {
    if (this.#state >= states.sending) this.#fail(reason);
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
    this.#state = states.handedOver;
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
    const fault = overdue({
      state: this.#state,
      request: this.#user?.dispatchOptions ?? null,
      waited: now - this.#since,
      idleFor: now - this.idleSince,
      connectMs: this.#settings.connectMs,
      keepAliveMs: this.keepAliveMs,
      paused: this.paused,
      stuck: this.#socket.writableNeedDrain,
    });
    if (fault !== null) this.#fail(fault);
  }

  onHead(head: ParsedHead): boolean {
    const user = this.#user;
    if (user === null) return false;
    this.#since = performance.now();
    this.rawHeaders = head.fields;
    const isHead = user.dispatchOptions.method === 'HEAD';
    if (head.status >= 200 || head.status === 101) {
      if (this.#state !== states.lastWords) this.#state = states.answering;
      // Answered by the head alone: the body that waited is not sent any more.
      if (this.#upload?.begun === false) this.#stopUpload();
      // Some servers send a body after HEAD all the same; it would be taken for the next response.
      if (!head.persistent || isHead) this.reusable = false;
      if (head.keepAliveSeconds !== null) {
        this.keepAliveMs = Math.min(this.#settings.keepAliveMs, keptFor(head.keepAliveSeconds * 1_000));
        if (this.keepAliveMs <= 0) this.reusable = false;
      }
    }
    user.onResponseStart(this, head.status, head.reason);
    // After the user, who passes it on: the body may come at once.
    if (head.status === 100) this.#upload?.begin();
    return isHead;
  }

  onBody(piece: Buffer): void {
    this.#since = performance.now();
    (this.#owner ?? this.#user)?.onResponseData(this, piece);
  }

  onComplete(trailers: string[]): void {
    const user = this.#user;
    if (user === null) {
      this.#leave()?.onResponseEnd(this);
      return;
    }
    this.#user = null;
    this.rawTrailers = trailers;
    this.#stopUpload();
    this.#state = states.idle;
    user.onResponseEnd(this);
  }

  #onConnected(): void {
    this.#state = states.idle;
    const user = this.#user;
    if (user !== null) this.#begin(user);
  }

  #begin(user: ConnectionUser): void {
    user.onRequestStart(this);
    if (this.#user !== user) return;
    const { method, path, headers, body, hop, continueMs, switches } = user.dispatchOptions;
    try {
      const { text, contentLength } = requestText(method, path, headers, hop);
      this.#state = states.assigned;
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
    this.#leaving();
    this.#state = states.sent;
    const saysNone = contentLength !== null || bodyExpected.has(method);
    this.#socket.write(saysNone ? `${text}Content-Length: 0\r\n\r\n` : `${text}\r\n`, 'latin1');
  }

  #sendWhole(text: string, body: Buffer): void {
    this.#leaving();
    this.#state = states.sent;
    this.#socket.cork();
    this.#socket.write(`${text}Content-Length: ${body.length}\r\n\r\n`, 'latin1');
    this.#socket.write(body);
    this.#socket.uncork();
  }

  #leaving(): void {
    this.#state = states.sending;
    this.#user?.onHeadLeaving();
  }

  readonly #uploadEvents: UploadEvents = {
    leaving: () => this.#leaving(),
    moved: () => {
      this.#since = performance.now();
    },
    sent: () => {
      this.#upload = null;
      if (this.#state === states.sending) this.#state = states.sent;
    },
    failed: (error) => this.#fail(error),
  };

  #stopUpload(): void {
    const upload = this.#upload;
    if (upload === null) return;
    this.#upload = null;
    // Answered, or broken off, before the whole request was sent: the rest must not be taken for another one.
    if (this.#state >= states.sending) this.reusable = false;
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
    if (this.#state === states.lastWords) return true;
    if (this.#upload === null) return false;
    this.reusable = false;
    this.#state = states.lastWords;
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
    if (this.#state === states.assigned) {
      this.#parser.expecting = false;
      this.#state = states.idle;
    }
    user.onResponseError(this, error);
  }

  #leave(): ConnectionOwner | null {
    const owner = this.#owner;
    this.#owner = null;
    return owner;
  }
}
