import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { BanyanError } from '../../common/errors.ts';

export interface RequestBodyOptions {
  /** Longest wait for the next piece, milliseconds. */
  readonly idleMs: number;
  /** null: no limit. */
  readonly maxBytes: number | null;
  /** Given every piece, besides. */
  readonly copyTo?: ((piece: Buffer) => void) | undefined;
  /** Told the length of every piece. */
  readonly onPiece?: (bytes: number) => void;
  /** Called when the upstream first wants the body: the moment for `100 Continue`. */
  readonly onWanted?: (() => void) | undefined;
  /** What is passed on of the trailers; without it, none. */
  readonly passTrailers?: ((raw: readonly string[]) => string[]) | undefined;
}

/**
 * A request's body on its way to an upstream. The HTTP client destroys the stream it was given when an upstream fails or
 * answers early; were that the request itself, the client's connection would go with it and no answer could be sent. It
 * also starts reading only when somebody reads it, and gives up on clients that stall.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #options: RequestBodyOptions;
  #timer: NodeJS.Timeout | null = null;
  #attached = false;
  #bytes = 0;

  constructor(request: IncomingMessage, options: RequestBodyOptions) {
    super({ highWaterMark: 64 * 1024 });
    this.#request = request;
    this.#options = options;
  }

  /** What came behind the last chunk and may be passed on, names and values in turn; there once the body has ended. */
  get trailers(): readonly string[] {
    const raw = this.#request.rawTrailers;
    return raw.length === 0 ? raw : (this.#options.passTrailers?.(raw) ?? []);
  }

  override _read(): void {
    if (!this.#attached) this.#attach();
    if (this.#request.readableEnded) return;
    this.#request.resume();
    this.#wait();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#detach();
    done(error);
  }

  #attach(): void {
    this.#attached = true;
    this.#options.onWanted?.();
    // It may have ended before anybody read it: in HTTP/2 by an empty frame.
    if (this.#request.readableEnded) {
      this.#onEnd();
      return;
    }
    this.#request
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('close', this.#onClose)
      .on('error', this.#onClose);
  }

  #detach(): void {
    this.#rest();
    if (!this.#attached) return;
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    // The error listener stays: a connection that breaks later must find one.
    this.#request.pause();
  }

  #wait(): void {
    if (this.#timer !== null) this.#timer.refresh();
    else this.#timer = setTimeout(this.#onStall, this.#options.idleMs);
  }

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    this.#options.onPiece?.(chunk.length);
    const { maxBytes } = this.#options;
    if (maxBytes !== null && this.#bytes > maxBytes) {
      this.destroy(bodyTooLarge(maxBytes));
      return;
    }
    this.#options.copyTo?.(chunk);
    if (this.push(chunk)) this.#wait();
    else {
      this.#request.pause();
      this.#rest();
    }
  };

  readonly #onEnd = (): void => {
    this.#rest();
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#request.complete) this.destroy(new Error('the client went away in the middle of its request'));
  };

  readonly #onStall = (): void => {
    this.destroy(
      new BanyanError(
        'BANYAN_REQUEST_STALLED',
        `No octet of the request body came for ${this.#options.idleMs} ms.`,
        {
          fix: 'Send the body without such a pause, or raise router.timeouts.requestIdleMs.',
        },
      ),
    );
  };
}

export function bodyTooLarge(maxBytes: number): BanyanError {
  return new BanyanError('BANYAN_BODY_TOO_LARGE', `The request body is larger than ${maxBytes} octets.`, {
    fix: 'Send less, or raise the limit: router.limits.bodyBytes, or api.max_body_bytes in the IDL of a service.',
  });
}

/** Reads a whole body; rejects with `BANYAN_BODY_TOO_LARGE`, `BANYAN_REQUEST_STALLED` or the connection's end. */
export function readWhole(body: RequestBody): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    body.on('error', reject);
  });
}
