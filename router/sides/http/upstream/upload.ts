import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fieldLines } from './request-text.ts';

/** A body that is read as it is sent. */
export interface UploadBody extends Readable {
  /** What goes behind the last chunk, names and values in turn; there once the body has ended. */
  readonly trailers: readonly string[];
}

export interface UploadEvents {
  /** The head is about to leave. */
  leaving(): void;
  /** Some of it has left. */
  moved(): void;
  /** All of it has. */
  sent(): void;
  failed(error: Error): void;
}

/**
 * A request body on its way: read as the socket takes it. The head goes out with the first piece, or alone where that is not there
 * yet: a connection that was promised to a request and hears nothing of it idles out. It goes alone too when it expects `100 Continue`: then nothing of the body is read before that comes or, because not every server sends it (RFC 9110
 * §10.1.1), was waited for long enough.
 */
export class Upload {
  readonly #socket: Socket;
  readonly #body: UploadBody;
  readonly #events: UploadEvents;
  /** null: in chunks. */
  readonly #length: number | null;
  #head: string;
  #bytes = 0;
  #begun = false;
  #over = false;
  #patience: NodeJS.Timeout | null = null;

  constructor(
    socket: Socket,
    body: UploadBody,
    text: string,
    contentLength: number | null,
    continueMs: number | null,
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
    if (continueMs === null) this.begin();
    else {
      this.#sendHead();
      // A body that breaks while it waits must find a listener.
      body.on('error', this.#onError);
      this.#patience = setTimeout(() => this.begin(), continueMs);
    }
  }

  /** False while the body waits for `100 Continue`. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Reads the body from now on. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#stopWaiting();
    this.#body
      .off('error', this.#onError)
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onError)
      .on('close', this.#onClose)
      // One that was to go on another connection before was paused there.
      .resume();
    if (this.#head !== '') setImmediate(sendHead, this);
  }

  resume(): void {
    if (this.#begun && !this.#over) this.#body.resume();
  }

  /** Sends the head without its body, if it has not left. */
  sendHead(): void {
    if (this.#over || this.#head === '') return;
    this.#sendHead();
    this.#events.moved();
  }

  /** Reads no further. A body of which nothing was sent stays whole, for another connection. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    // The error listener stays: a body that breaks later must find one.
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    if (this.#head === '') this.#body.destroy();
    else this.#body.pause();
  }

  #sendHead(): void {
    this.#events.leaving();
    this.#socket.write(this.#head, 'latin1');
    this.#head = '';
  }

  #stopWaiting(): void {
    if (this.#patience === null) return;
    clearTimeout(this.#patience);
    this.#patience = null;
  }

  readonly #onData = (piece: Buffer): void => {
    this.#bytes += piece.length;
    if (this.#length !== null && this.#bytes > this.#length) {
      this.#fail(new Error('the request body is longer than its Content-Length'));
      return;
    }
    const socket = this.#socket;
    socket.cork();
    if (this.#head !== '') this.#sendHead();
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
    if (this.#head !== '') this.#events.leaving();
    let rest = this.#head;
    try {
      if (this.#length === null) rest += `0\r\n${fieldLines(this.#body.trailers)}\r\n`;
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#over = true;
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

function sendHead(upload: Upload): void {
  upload.sendHead();
}
