import type { Socket } from 'node:net';
import { ApplicationErrorType } from '../wire/application-error-type.ts';
import { BatchedWrites } from '../wire/batched-writes.ts';
import {
  beginHeaderFrame,
  goodbyeHeader,
  type Headers,
  headerMagic,
  parallelHeader,
  readHeaderFrame,
} from '../wire/header-transport.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { newReader, newWriter, type ProtocolName, type TransportName } from '../wire/protocols.ts';
import { type Refusal, refusalText } from '../wire/refusal.ts';
import { FrameSplitter, MessageSplitter, type Splitter } from '../wire/splitter.ts';
import { MessageType, TType } from '../wire/types.ts';
import { malformed } from '../wire/wire-error.ts';
import type { SaidContext } from './context-fields.ts';
import { contextOf } from './handler-context.ts';
import type { HandlerContext } from './serve-options.ts';

/** One call as it came in. Exactly one of `reply`, `fail`, `refuse` and `none` ends it. */
export interface Request {
  readonly name: string;
  /** Stands before the arguments' struct; only until `onRequest` returns. */
  readonly reader: ProtocolReader;
  context(method: string, fields: SaidContext): { -readonly [K in keyof HandlerContext]: HandlerContext[K] };
  reply(write: (w: ProtocolWriter) => void): void;
  fail(type: number, message: string): void;
  /** Tells the caller that nothing was carried out. */
  refuse(refusal: Refusal, why: string): void;
  none(): void;
}

export interface ServerConnectionDeps {
  readonly maxFrameBytes: number;
  readonly idleTimeoutMs: number;
  readonly messageTimeoutMs: number;
  /** For calls whose caller says none. */
  readonly deadlineMs: number | undefined;
  /** Calls carried out at a time, of one connection too. */
  readonly maxConcurrent: number;
  readonly onRequest: (request: Request) => void;
  readonly onClosed: () => void;
  readonly onFault: (error: unknown, peer: string) => void;
  /** So many bytes of messages that are not whole yet came to be held, or ceased to be. @throws when they are too many */
  readonly onHeld: (bytes: number) => void;
}

/** Quiet time after which a stopping server closes a connection: calls already on their way still find it open. */
export const quietMs = 50;
/** A client that goes on calling a server that stops is refused after this: under load no quiet time would ever come. */
const refuseAfterMs = 250;
/** How long the other side may go on sending after our end, unheard; closing at once could take the last replies from it. */
const lingerMs = 1_000;
/** Replies that a client does not read, in bytes; beyond it nothing more is read from it. */
const maxUnreadBytes = 1024 * 1024;

/** One client's socket. What it speaks is known from its first bytes. */
export class ServerConnection {
  readonly #socket: Socket;
  readonly #out: BatchedWrites;
  readonly #deps: ServerConnectionDeps;
  readonly #peer: string;
  #splitter: Splitter | null = null;
  #unframed: ProtocolName | null = null;
  #first: Buffer = Buffer.alloc(0);
  #inFlight = 0;
  /** Milliseconds of `performance.now()` when the server began to stop; 0 before. */
  #endingSince = 0;
  #hasEnded = false;
  #quiet: NodeJS.Timeout | null = null;
  /** The protocol of a client that understands a goodbye. */
  #understands: ProtocolName | null = null;
  #saidGoodbye = false;
  #saidParallel = false;
  #held = 0;
  #messages = 0;
  #messageTimer: NodeJS.Timeout | null = null;
  /** One for both: a message is read and written in one go. */
  readonly #readers = new Map<ProtocolName, ProtocolReader>();
  readonly #writers = new Map<ProtocolName, ProtocolWriter>();
  readonly #gone = new AbortController();
  /** Resolves once the socket is closed. */
  readonly closed: Promise<void>;

  /** @param socket one that may be half open. */
  constructor(socket: Socket, deps: ServerConnectionDeps) {
    this.#socket = socket;
    this.#out = new BatchedWrites(socket);
    this.#deps = deps;
    this.#peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    socket.setTimeout(deps.idleTimeoutMs, () => {
      if (this.#inFlight === 0) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('end', () => this.#out.end());
    socket.on('drain', () => socket.resume());
    socket.on('error', () => {
      // The socket closes next, and that is where it is handled.
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        if (this.#quiet !== null) clearTimeout(this.#quiet);
        if (this.#messageTimer !== null) clearTimeout(this.#messageTimer);
        deps.onHeld(-this.#held);
        this.#gone.abort(new Error('the caller is gone'));
        deps.onClosed();
        resolve();
      });
    });
  }

  /**
   * Takes leave: of a client that understands it, by a goodbye, upon which it closes the connection itself; of any other,
   * by closing once no call is under way and none came for a moment.
   */
  endWhenQuiet(): void {
    if (this.#endingSince === 0) this.#endingSince = performance.now();
    if (this.#understands !== null) this.#sayGoodbye(this.#understands);
    else this.#settle();
  }

  #sayGoodbye(protocol: ProtocolName): void {
    if (this.#saidGoodbye) return;
    this.#saidGoodbye = true;
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    const w = this.#writer(protocol);
    w.reset();
    beginHeaderFrame(w, protocol, 0, { [goodbyeHeader]: '1' });
    w.setI32(0, w.pos - 4);
    this.#out.write(w.copy());
  }

  #settle(): void {
    if (this.#endingSince === 0 || this.#saidGoodbye || this.#hasEnded) return;
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = null;
    if (this.#inFlight > 0) return;
    // Not before refusals begin: a client that hears one leaves its quiet connections too, before they are closed on it.
    const age = performance.now() - this.#endingSince;
    this.#quiet = setTimeout(() => this.#end(), quietMs + Math.max(0, refuseAfterMs - age));
  }

  /** Our half of the connection ends. */
  #end(): void {
    this.#hasEnded = true;
    this.#out.endHalf();
    this.#quiet = setTimeout(() => this.#socket.destroy(), lingerMs);
  }

  #received(chunk: Buffer): void {
    // What comes after our end is not carried out: no answer could be given to it.
    if (this.#hasEnded) return;
    this.#settle();
    if (this.#out.untaken > maxUnreadBytes) this.#socket.pause();
    const messagesBefore = this.#messages;
    try {
      this.#split(chunk);
      this.#watchHeld(this.#messages !== messagesBefore);
    } catch (error) {
      this.#deps.onFault(error, this.#peer);
      this.#socket.destroy();
    }
  }

  #split(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#splitter === null) {
      bytes = Buffer.concat([this.#first, chunk]);
      this.#first = bytes;
      if (bytes.length < 4) return;
      this.#splitter = this.#recognise(bytes);
      this.#first = Buffer.alloc(0);
    }
    this.#splitter.push(bytes, this.#onMessage);
  }

  /** A message that has begun must not hold memory for ever, nor all of them together too much. */
  #watchHeld(isAnother: boolean): void {
    const held = this.#splitter?.held ?? this.#first.length;
    const more = held - this.#held;
    if (more !== 0) {
      this.#held = held;
      this.#deps.onHeld(more);
    }
    if (held === 0) {
      if (this.#messageTimer !== null) clearTimeout(this.#messageTimer);
      this.#messageTimer = null;
    } else if (this.#messageTimer === null) {
      const { messageTimeoutMs, onFault } = this.#deps;
      this.#messageTimer = setTimeout(() => {
        onFault(malformed(`it is not whole after ${messageTimeoutMs} ms`), this.#peer);
        this.#socket.destroy();
      }, messageTimeoutMs);
    } else if (isAnother) {
      this.#messageTimer.refresh();
    }
  }

  #recognise(bytes: Buffer): Splitter {
    const { maxFrameBytes } = this.#deps;
    if (bytes[0] === 0x80 && bytes[1] === 1) this.#unframed = 'binary';
    else if (bytes[0] === 0x82) this.#unframed = 'compact';
    if (this.#unframed === null) return new FrameSplitter(maxFrameBytes);
    return new MessageSplitter(maxFrameBytes, newReader(this.#unframed));
  }

  readonly #onMessage = (buf: Buffer, start: number, end: number): void => {
    this.#messages++;
    let at = start;
    let protocol: ProtocolName;
    let headers: Headers = {};
    let transport: TransportName = 'framed';
    if (this.#unframed !== null) {
      protocol = this.#unframed;
      transport = 'buffered';
    } else if (end - start >= 2 && buf.readUInt16BE(start) === headerMagic) {
      const frame = readHeaderFrame(buf, start, end);
      ({ protocol, headers, start: at } = frame);
      transport = 'header';
      if (this.#understands === null && headers[goodbyeHeader] !== undefined) this.#understands = protocol;
      if (this.#endingSince !== 0 && this.#understands !== null) this.#sayGoodbye(this.#understands);
    } else {
      protocol = buf[start] === 0x82 ? 'compact' : 'binary';
    }
    const reader = this.#reader(protocol);
    reader.reset(buf, at, end);
    const { name, type, seqid } = reader.message();
    if (type !== MessageType.call && type !== MessageType.oneway)
      throw malformed(`a call of message type ${type}`);
    const bare = name.slice(name.lastIndexOf(':') + 1);
    const arrived = performance.now();
    const send = (messageType: number, write: (w: ProtocolWriter) => void): void => {
      const w = this.#writer(protocol);
      w.reset();
      if (transport === 'framed') w.rawBytes(noLength);
      else if (transport === 'header') beginHeaderFrame(w, protocol, seqid, this.#firstHeaders());
      w.message(bare, messageType, seqid);
      write(w);
      if (transport !== 'buffered') w.setI32(0, w.pos - 4);
      this.#out.write(w.copy());
    };
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      this.#inFlight--;
      this.#settle();
    };
    const fail = (errorType: number, message: string): void => {
      if (type === MessageType.call)
        send(MessageType.exception, (w) => writeApplicationError(w, errorType, message));
      over();
    };
    this.#inFlight++;
    const request: Request = {
      name,
      reader,
      context: (method, fields) =>
        contextOf(method, headers, fields, {
          arrived,
          peer: this.#peer,
          gone: this.#gone.signal,
          deadlineMs: this.#deps.deadlineMs,
        }),
      reply: (write) => {
        send(MessageType.reply, write);
        over();
      },
      fail,
      refuse: (refusal, why) =>
        fail(ApplicationErrorType.internalError, refusalText(refusal, bare, seqid, why)),
      none: over,
    };
    // A oneway call cannot be told that it was refused.
    if (this.#mustRefuse(arrived) && type === MessageType.call) {
      request.refuse('stopping', 'the service is stopping');
    } else {
      this.#deps.onRequest(request);
    }
  };

  /** The first reply to a client of ours says that it need not wait for it before it sends another call. */
  #firstHeaders(): Headers {
    if (this.#saidParallel || this.#understands === null) return noHeaders;
    this.#saidParallel = true;
    return { [parallelHeader]: String(this.#deps.maxConcurrent) };
  }

  #mustRefuse(now: number): boolean {
    return this.#endingSince !== 0 && !this.#saidGoodbye && now - this.#endingSince > refuseAfterMs;
  }

  #reader(protocol: ProtocolName): ProtocolReader {
    const known = this.#readers.get(protocol);
    if (known !== undefined) return known;
    const made = newReader(protocol);
    this.#readers.set(protocol, made);
    return made;
  }

  #writer(protocol: ProtocolName): ProtocolWriter {
    const known = this.#writers.get(protocol);
    if (known !== undefined) return known;
    const made = newWriter(protocol);
    this.#writers.set(protocol, made);
    return made;
  }
}

const noHeaders: Headers = {};
const noLength = new Uint8Array(4);

function writeApplicationError(w: ProtocolWriter, type: number, message: string): void {
  const saved = w.structBegin();
  w.field(TType.string, 1);
  w.string(message);
  w.field(TType.i32, 2);
  w.i32(type);
  w.stop();
  w.structEnd(saved);
}
