import type { Socket } from 'node:net';
import { BatchedWrites } from '../wire/batched-writes.ts';
import { beginHeaderFrame, type Headers, headerMagic, readHeaderFrame } from '../wire/header-transport.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { newReader, newWriter, type ProtocolName, type TransportName } from '../wire/protocols.ts';
import { FrameSplitter, MessageSplitter, type Splitter } from '../wire/splitter.ts';
import { MessageType, TType } from '../wire/types.ts';
import { malformed } from '../wire/wire-error.ts';
import type { SaidContext } from './context-fields.ts';
import type { HandlerContext } from './serve.ts';

/** One call as it came in. Exactly one of `reply`, `fail` and `none` ends it. */
export interface Request {
  readonly name: string;
  /** Stands before the arguments' struct; only until `onRequest` returns. */
  readonly reader: ProtocolReader;
  context(method: string, fields: SaidContext): { -readonly [K in keyof HandlerContext]: HandlerContext[K] };
  reply(write: (w: ProtocolWriter) => void): void;
  fail(type: number, message: string): void;
  none(): void;
}

export interface ServerConnectionDeps {
  readonly maxFrameBytes: number;
  readonly idleTimeoutMs: number;
  readonly onRequest: (request: Request) => void;
  readonly onClosed: () => void;
  readonly onFault: (error: unknown, peer: string) => void;
}

/** Quiet time after which a stopping server closes a connection: calls already on their way still find it open. */
const quietMs = 50;

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
  #isEnding = false;
  #quiet: NodeJS.Timeout | null = null;
  /** One for both: a message is read and written in one go. */
  readonly #readers = new Map<ProtocolName, ProtocolReader>();
  readonly #writers = new Map<ProtocolName, ProtocolWriter>();
  readonly #gone = new AbortController();
  /** Resolves once the socket is closed. */
  readonly closed: Promise<void>;

  constructor(socket: Socket, deps: ServerConnectionDeps) {
    this.#socket = socket;
    this.#out = new BatchedWrites(socket);
    this.#deps = deps;
    this.#peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    socket.setTimeout(deps.idleTimeoutMs, () => {
      if (this.#inFlight === 0) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', () => {
      // The socket closes next, and that is where it is handled.
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        if (this.#quiet !== null) clearTimeout(this.#quiet);
        this.#gone.abort(new Error('the caller is gone'));
        deps.onClosed();
        resolve();
      });
    });
  }

  /** Closes once no call is under way and none came for a moment. */
  endWhenQuiet(): void {
    this.#isEnding = true;
    this.#settle();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #settle(): void {
    if (!this.#isEnding) return;
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = null;
    if (this.#inFlight > 0) return;
    this.#quiet = setTimeout(() => this.#out.end(), quietMs);
  }

  #received(chunk: Buffer): void {
    this.#settle();
    try {
      let bytes = chunk;
      if (this.#splitter === null) {
        bytes = Buffer.concat([this.#first, chunk]);
        this.#first = bytes;
        if (bytes.length < 4) return;
        this.#splitter = this.#recognise(bytes);
        this.#first = Buffer.alloc(0);
      }
      this.#splitter.push(bytes, this.#onMessage);
    } catch (error) {
      this.#deps.onFault(error, this.#peer);
      this.#socket.destroy();
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
      else if (transport === 'header') beginHeaderFrame(w, protocol, seqid, {});
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
    this.#inFlight++;
    this.#deps.onRequest({
      name,
      reader,
      context: (method, fields) => contextOf(method, headers, fields, arrived, this.#peer, this.#gone.signal),
      reply: (write) => {
        send(MessageType.reply, write);
        over();
      },
      fail: (errorType, message) => {
        if (type === MessageType.call)
          send(MessageType.exception, (w) => writeApplicationError(w, errorType, message));
        over();
      },
      none: over,
    });
  };

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

function contextOf(
  method: string,
  headers: Headers,
  fields: SaidContext,
  arrived: number,
  peer: string,
  gone: AbortSignal,
): HandlerContext {
  const said = headers['deadline-ms'] ?? fields.deadlineMs;
  let signal: AbortSignal | null = null;
  const deadlineMs = said !== undefined && /^[0-9]{1,9}$/.test(said) ? Number(said) : undefined;
  return {
    method,
    requestId: headers['request-id'] ?? fields.requestId,
    traceparent: headers.traceparent ?? fields.traceparent,
    identity: headers.identity ?? fields.identity,
    remainingMs: () =>
      deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - (performance.now() - arrived)),
    // Made only for handlers that look at it.
    get signal() {
      if (deadlineMs === undefined) return gone;
      signal ??= AbortSignal.any([gone, AbortSignal.timeout(deadlineMs)]);
      return signal;
    },
    peer,
  };
}
