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

/** Chunks smaller than this are copied together: as buffers of their own they would take many times their size. */
const smallChunk = 4_096;
/** A block that small chunks are copied into grows with the frame, up to this. */
const biggestBlock = 65_536;

/** Messages behind four bytes of length, as framed and header transports send them. */
export class FrameSplitter implements Splitter {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  /** The last of `#chunks` where it is one of ours with room left: how much of it is taken. */
  #block: Buffer | null = null;
  #blockTaken = 0;
  /** Length of the frame that has begun, its head included; 0 while that is not known. */
  #wanted = 0;
  held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer, onMessage: OnMessage): void {
    let rest = chunk;
    if (this.held > 0) {
      this.#keep(chunk);
      if (this.#wanted === 0) this.#wanted = this.#frameLength();
      if (this.#wanted === 0 || this.held < this.#wanted) return;
      // Joined only once it is whole, so that a slow big frame is not copied again with each chunk.
      rest = Buffer.concat(this.#kept(), this.held);
      this.#forget();
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
      this.#keep(at === 0 ? rest : rest.subarray(at));
      this.#wanted = this.#frameLength();
    }
  }

  #keep(chunk: Buffer): void {
    this.held += chunk.length;
    if (chunk.length >= smallChunk) {
      this.#closeBlock();
      this.#chunks.push(chunk);
      return;
    }
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#block === null) {
        const size = Math.min(biggestBlock, Math.max(256, rest.length, this.held));
        this.#block = Buffer.allocUnsafeSlow(size);
        this.#blockTaken = 0;
      }
      const taken = rest.copy(this.#block, this.#blockTaken);
      this.#blockTaken += taken;
      rest = rest.subarray(taken);
      if (this.#blockTaken === this.#block.length) this.#closeBlock();
    }
  }

  #closeBlock(): void {
    if (this.#block === null) return;
    this.#chunks.push(this.#block.subarray(0, this.#blockTaken));
    this.#block = null;
  }

  /** All that is held, in order. */
  #kept(): Buffer[] {
    this.#closeBlock();
    return this.#chunks;
  }

  #forget(): void {
    this.#chunks = [];
    this.#wanted = 0;
    this.held = 0;
  }

  /** 0 while its four bytes are not all there. */
  #frameLength(): number {
    if (this.held < 4) return 0;
    const first = this.#chunks[0] ?? this.#block!.subarray(0, this.#blockTaken);
    const head = first.length >= 4 ? first : Buffer.concat(this.#kept(), this.held);
    return 4 + this.#length(head, 0);
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
