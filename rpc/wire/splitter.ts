import { MessageScanner } from './message-scanner.ts';
import type { ProtocolReader } from './protocol.ts';
import { malformed } from './wire-error.ts';

/** Takes one message: its bytes stand in `buf` from `start` to `end`, and only until it returns. */
export type OnMessage = (buf: Buffer, start: number, end: number) => void;

/** Cuts a stream of bytes into messages. */
export interface Splitter {
  /** @throws BanyanError `BANYAN_RPC_MALFORMED` when the stream cannot be read any further. */
  push(chunk: Buffer, onMessage: OnMessage): void;
  /** Bytes of a message that has begun and not ended. */
  readonly held: number;
}

/** Messages behind four bytes of length, as framed and header transports send them. */
export class FrameSplitter implements Splitter {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer, onMessage: OnMessage): void {
    let rest = chunk;
    if (this.held > 0) {
      this.#chunks.push(chunk);
      this.held += chunk.length;
      if (this.held < 4 || this.held < this.#wanted()) return;
      // Joined only once it is whole, so that a slow big frame is not copied again with each chunk.
      rest = Buffer.concat(this.#chunks, this.held);
      this.#chunks = [];
      this.held = 0;
    }
    let at = 0;
    while (rest.length - at >= 4) {
      const length = this.#length(rest, at);
      const end = at + 4 + length;
      if (end > rest.length) break;
      onMessage(rest, at + 4, end);
      at = end;
    }
    if (at < rest.length) {
      // The first part must hold the length, for `#wanted`.
      this.#chunks = [at === 0 ? rest : rest.subarray(at)];
      this.held = rest.length - at;
    }
  }

  #wanted(): number {
    if (this.#chunks[0]!.length < 4) this.#chunks = [Buffer.concat(this.#chunks, this.held)];
    return 4 + this.#length(this.#chunks[0]!, 0);
  }

  #length(buf: Buffer, at: number): number {
    const length = buf.readInt32BE(at);
    if (length < 0 || length > this.#limit) {
      throw malformed(`a frame of ${length} bytes, and the limit is ${this.#limit}`);
    }
    return length;
  }
}

/** Messages one after the other, as the buffered transport sends them: only their content says where they end. */
export class MessageSplitter implements Splitter {
  readonly #limit: number;
  readonly #scanner: MessageScanner;
  #buf: Buffer = Buffer.alloc(0);
  held = 0;

  constructor(limit: number, reader: ProtocolReader) {
    this.#limit = limit;
    this.#scanner = new MessageScanner(reader);
  }

  push(chunk: Buffer, onMessage: OnMessage): void {
    const bytes = this.#joined(chunk);
    let start = 0;
    while (start < bytes.length) {
      const end = this.#scanner.scan(bytes, start);
      if (end === -1) break;
      onMessage(bytes, start, end);
      start = end;
    }
    this.held = bytes.length - start;
    if (this.held > this.#limit) throw malformed(`a message is longer than ${this.#limit} bytes`);
    if (this.held === 0) {
      this.#buf = Buffer.alloc(0);
    } else if (start > 0 || bytes === chunk) {
      this.#buf = Buffer.allocUnsafeSlow(Math.max(4096, this.held * 2));
      bytes.copy(this.#buf, 0, start);
    }
  }

  #joined(chunk: Buffer): Buffer {
    if (this.held === 0) return chunk;
    const length = this.held + chunk.length;
    if (length > this.#buf.length) {
      const bigger = Buffer.allocUnsafeSlow(length * 2);
      this.#buf.copy(bigger, 0, 0, this.held);
      this.#buf = bigger;
    }
    chunk.copy(this.#buf, this.held);
    return this.#buf.subarray(0, length);
  }
}
