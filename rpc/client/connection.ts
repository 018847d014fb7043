import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { BatchedWrites } from '../wire/batched-writes.ts';
import { beginHeaderFrame, type Headers, readHeaderFrame } from '../wire/header-transport.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { newReader } from '../wire/protocols.ts';
import { FrameSplitter, MessageSplitter, type Splitter } from '../wire/splitter.ts';
import { MessageType } from '../wire/types.ts';
import type { Call } from './call.ts';
import { connectionLost, unavailable, wrongReply } from './errors.ts';
import type { Settings } from './options.ts';

export interface ConnectionDeps {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  readonly settings: Settings;
  /** Shared by all connections of a client: writing and reading never wait. */
  readonly writer: ProtocolWriter;
  readonly reader: ProtocolReader;
  readonly onOpen: () => void;
  /** `wasOpen`: false if it never connected. Called once. */
  readonly onClosed: (connection: Connection, wasOpen: boolean, error: unknown) => void;
  /** A call ended here, so there is room for another. */
  readonly onRoom: (connection: Connection) => void;
}

/** Replies to calls that nobody waits for any more, before the connection is given up. */
const maxForgotten = 1_000;

/** One socket and the calls in flight on it, told apart by their sequence ids. */
export class Connection {
  state: 'connecting' | 'open' | 'retired' | 'closed' = 'connecting';
  readonly address: string;
  /** Resolves once the socket is closed and every call of it has been told. */
  readonly closed: Promise<void>;
  readonly #deps: ConnectionDeps;
  readonly #socket: Socket;
  readonly #out: BatchedWrites;
  readonly #splitter: Splitter;
  readonly #inFlight = new Map<number, Call>();
  /** Sequence ids whose callers have given up; their replies are dropped. */
  readonly #forgotten = new Set<number>();
  readonly #waiting = new Set<Call>();
  readonly #connectTimer: NodeJS.Timeout;
  #seqid = 0;
  #lastBytesAt = 0;
  #wasOpen = false;
  #error: unknown = null;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.address = deps.address;
    const { settings, host, port, tls } = deps;
    this.#splitter =
      settings.transport === 'buffered'
        ? new MessageSplitter(settings.maxFrameBytes, newReader(settings.protocol))
        : new FrameSplitter(settings.maxFrameBytes);
    this.#socket =
      tls === undefined
        ? connectTcp({ host, port, noDelay: true, keepAlive: true })
        : connectTls({ ...tls, host, port });
    this.#socket.setNoDelay(true);
    this.#out = new BatchedWrites(this.#socket);
    this.#connectTimer = setTimeout(
      () => this.#socket.destroy(new Error(`no connection within ${settings.connectTimeoutMs} ms`)),
      settings.connectTimeoutMs,
    );
    this.#socket
      .once(tls === undefined ? 'connect' : 'secureConnect', () => this.#opened())
      .on('data', (chunk: Buffer) => this.#received(chunk))
      .on('error', (error) => {
        this.#error ??= error;
      })
      .on('end', () => this.destroy(null));
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#closed();
        resolve();
      });
    });
  }

  /** Calls that are here, sent or waiting for the connection to open. */
  get load(): number {
    return this.#inFlight.size + this.#waiting.size;
  }

  get isUsable(): boolean {
    return this.state === 'open' || this.state === 'connecting';
  }

  send(call: Call): void {
    call.connection = this;
    if (this.state === 'connecting') this.#waiting.add(call);
    else this.#write(call);
  }

  /** The caller gave up. `isDeadline`: the reply did not come in time. */
  forget(call: Call, isDeadline: boolean): void {
    this.#waiting.delete(call);
    if (!this.#inFlight.delete(call.seqid)) return;
    this.#forgotten.add(call.seqid);
    // Not a byte since the call began: the other end may be gone without a word.
    const isSilent = isDeadline && this.#lastBytesAt < call.startedAt;
    if (isSilent || this.#forgotten.size > maxForgotten || this.#deps.settings.callsPerConnection === 1) {
      this.retire();
    }
    this.#room();
  }

  /** No new calls; closed once those in flight have ended. */
  retire(): void {
    if (this.state === 'closed') return;
    if (this.state === 'connecting' && this.#waiting.size > 0) return;
    this.state = 'retired';
    if (this.load === 0) this.#socket.destroy();
  }

  destroy(error: unknown): void {
    this.#error ??= error;
    // At once: the socket says that it is closed only later, and no call may be sent to it meanwhile.
    if (this.state === 'open') this.state = 'retired';
    this.#socket.destroy();
  }

  /** Closes after what is still to be written: a oneway call ends for its caller before that. */
  end(error: unknown): void {
    this.#error ??= error;
    if (this.state === 'connecting') this.#socket.destroy();
    else this.#out.end();
  }

  #opened(): void {
    clearTimeout(this.#connectTimer);
    this.state = 'open';
    this.#wasOpen = true;
    this.#socket.setTimeout(this.#deps.settings.idleTimeoutMs, () => {
      if (this.load === 0) this.retire();
    });
    this.#deps.onOpen();
    for (const call of this.#waiting) this.#write(call);
    this.#waiting.clear();
    if (this.load === 0) this.#deps.onRoom(this);
  }

  #write(call: Call): void {
    const { writer, settings } = this.#deps;
    call.seqid = this.#seqid = this.#seqid === 0x7fffffff ? 1 : this.#seqid + 1;
    writer.reset();
    try {
      if (settings.transport === 'framed') writer.rawBytes(noLength);
      else if (settings.transport === 'header') {
        beginHeaderFrame(writer, settings.protocol, call.seqid, headersOf(call));
      }
      writer.message(call.wireName, call.method.oneway ? MessageType.oneway : MessageType.call, call.seqid);
      call.write(writer);
      if (settings.transport !== 'buffered') writer.setI32(0, writer.pos - 4);
    } catch (error) {
      // The arguments do not fit the IDL: nothing was sent.
      call.fail(error);
      this.#room();
      return;
    }
    if (!call.method.oneway) this.#inFlight.set(call.seqid, call);
    this.#out.write(writer.copy());
    if (call.method.oneway) {
      call.sent();
      this.#room();
    }
  }

  #received(chunk: Buffer): void {
    this.#lastBytesAt = performance.now();
    try {
      this.#splitter.push(chunk, this.#onMessage);
    } catch (error) {
      this.destroy(error);
    }
  }

  readonly #onMessage = (buf: Buffer, start: number, end: number): void => {
    const { reader, settings } = this.#deps;
    let at = start;
    if (settings.transport === 'header') {
      const frame = readHeaderFrame(buf, start, end);
      if (frame.protocol !== settings.protocol) throw wrongReply(`a reply in the ${frame.protocol} protocol`);
      at = frame.start;
    }
    reader.reset(buf, at, end);
    const head = reader.message();
    const call = this.#inFlight.get(head.seqid);
    if (call === undefined) {
      if (this.#forgotten.delete(head.seqid)) return;
      throw wrongReply(`${this.#deps.address} answered sequence id ${head.seqid}, which no call has`);
    }
    this.#inFlight.delete(head.seqid);
    if (head.name !== call.method.name && head.name !== call.wireName) {
      const error = wrongReply(
        `${this.#deps.address} answered ${head.name} to a call of ${call.method.name}`,
      );
      call.fail(error);
      throw error;
    }
    if (head.type !== MessageType.reply && head.type !== MessageType.exception) {
      const error = wrongReply(`${this.#deps.address} answered with a message of type ${head.type}`);
      call.fail(error);
      throw error;
    }
    call.read(reader, head.type);
    this.#room();
  };

  #room(): void {
    if (this.state === 'retired') {
      if (this.load === 0) this.#socket.destroy();
    } else if (this.state === 'open') {
      this.#deps.onRoom(this);
    }
  }

  #closed(): void {
    clearTimeout(this.#connectTimer);
    this.state = 'closed';
    const { address } = this.#deps;
    const why = this.#error instanceof Error ? this.#error.message : 'closed by the service';
    const sent = [...this.#inFlight.values()];
    const unsent = [...this.#waiting];
    this.#inFlight.clear();
    this.#waiting.clear();
    this.#deps.onClosed(this, this.#wasOpen, this.#error);
    for (const call of sent) call.lost(connectionLost(address, why, this.#error ?? undefined), true);
    for (const call of unsent) call.lost(unavailable(address, why, this.#error ?? undefined), false);
  }
}

const noLength = new Uint8Array(4);

function headersOf(call: Call): Headers {
  const { context } = call;
  const headers: Record<string, string> = {
    'deadline-ms': String(Math.max(0, Math.round(call.deadlineAt - performance.now()))),
  };
  if (context?.requestId !== undefined) headers['request-id'] = context.requestId;
  if (context?.traceparent !== undefined) headers.traceparent = context.traceparent;
  if (context?.identity !== undefined) headers.identity = context.identity;
  return headers;
}
