import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { BatchedWrites } from '../wire/batched-writes.ts';
import { beginHeaderFrame, goodbyeHeader, type Headers, readHeaderFrame } from '../wire/header-transport.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { newReader } from '../wire/protocols.ts';
import { refusalOf } from '../wire/refusal.ts';
import { FrameSplitter, MessageSplitter, type Splitter } from '../wire/splitter.ts';
import { MessageType } from '../wire/types.ts';
import type { Call } from './call.ts';
import { connectionLost, unavailable, wrongReply } from './errors.ts';
import { InFlight } from './in-flight.ts';
import type { Settings } from './options.ts';
import { readApplicationException } from './reply-reader.ts';

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
  /** The service stops: no new calls to its address while there is another one. */
  readonly onGoodbye: () => void;
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
  readonly #inFlight = new InFlight();
  /** Sequence ids whose callers have given up; their replies are dropped. */
  readonly #forgotten = new Set<number>();
  readonly #waiting = new Set<Call>();
  readonly #connectTimer: NodeJS.Timeout;
  /** Milliseconds of `performance.now()` since which calls wait and no byte has come; 0: none wait. */
  #silentSince = 0;
  /** Pieces received so far. */
  #heard = 0;
  /** A deadline was missed in silence: others are preferred until something comes. */
  isSuspect = false;
  #saidThatWeUnderstand = false;
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
      tls === undefined ? connectTcp({ host, port, noDelay: true }) : connectTls({ ...tls, host, port });
    this.#socket.setNoDelay(true);
    // A peer that vanished without a word is found out within some twenty seconds.
    this.#socket.setKeepAlive(true, 10_000);
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
    if (this.#inFlight.take(call.seqid) === null) return;
    if (isDeadline && call.heardBefore === this.#heard) this.isSuspect = true;
    this.#forgotten.add(call.seqid);
    // The other end may be gone without a word.
    const isSilent = isDeadline && this.silentMs(performance.now()) >= this.#deps.settings.silenceMs;
    if (isSilent || this.#forgotten.size > maxForgotten || this.#deps.settings.callsPerConnection === 1) {
      this.retire();
    }
    this.#room();
  }

  /** How long no byte has come although calls wait for some, in milliseconds. */
  silentMs(now: number): number {
    return this.#silentSince === 0 ? 0 : now - this.#silentSince;
  }

  /** No new calls; closed once those in flight have ended. */
  retire(): void {
    if (this.state === 'closed') return;
    if (this.state === 'connecting' && this.#waiting.size > 0) return;
    // Oneway calls have ended for their callers before they are written.
    if (this.state !== 'connecting' && this.load === 0) this.#out.end();
    else if (this.load === 0) this.#socket.destroy();
    this.state = 'retired';
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
    call.seqid = this.#inFlight.nextId();
    writer.reset();
    try {
      if (settings.transport === 'framed') writer.rawBytes(noLength);
      else if (settings.transport === 'header') {
        beginHeaderFrame(writer, settings.protocol, call.seqid, headersOf(call, !this.#saidThatWeUnderstand));
        this.#saidThatWeUnderstand = true;
      }
      writer.message(call.wireName, call.method.oneway ? MessageType.oneway : MessageType.call, call.seqid);
      call.write(writer, call);
      if (settings.transport !== 'buffered') writer.setI32(0, writer.pos - 4);
    } catch (error) {
      // The arguments do not fit the IDL: nothing was sent.
      call.fail(error);
      this.#room();
      return;
    }
    if (!call.method.oneway) {
      this.#inFlight.add(call);
      call.heardBefore = this.#heard;
      if (this.#silentSince === 0) this.#silentSince = performance.now();
    }
    this.#out.write(writer.copy());
    if (call.method.oneway) {
      call.sent();
      this.#room();
    }
  }

  #received(chunk: Buffer): void {
    this.#heard++;
    this.isSuspect = false;
    try {
      this.#splitter.push(chunk, this.#onMessage);
    } catch (error) {
      this.destroy(error);
    }
    this.#silentSince = this.#inFlight.size > 0 ? performance.now() : 0;
  }

  readonly #onMessage = (buf: Buffer, start: number, end: number): void => {
    const { reader, settings } = this.#deps;
    let at = start;
    if (settings.transport === 'header') {
      const frame = readHeaderFrame(buf, start, end);
      if (frame.headers[goodbyeHeader] !== undefined) {
        this.#deps.onGoodbye();
        return;
      }
      if (frame.protocol !== settings.protocol) throw wrongReply(`a reply in the ${frame.protocol} protocol`);
      at = frame.start;
    }
    reader.reset(buf, at, end);
    const head = reader.message();
    const call = this.#inFlight.take(head.seqid);
    if (call === null) {
      if (this.#forgotten.delete(head.seqid)) return;
      throw wrongReply(`${this.#deps.address} answered sequence id ${head.seqid}, which no call has`);
    }
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
    if (head.type === MessageType.exception) {
      if (!this.#isCarriedOut(call)) {
        this.#room();
        return;
      }
      reader.reset(buf, at, end);
      reader.message();
    }
    call.read(reader, head.type);
    this.#room();
  };

  /** False where the service said that it refused the call, which has been told then. */
  #isCarriedOut(call: Call): boolean {
    const { text } = readApplicationException(this.#deps.reader);
    const said = refusalOf(text, call.method.name, call.seqid);
    if (said === null) return true;
    if (said.refusal === 'stopping') this.#deps.onGoodbye();
    call.refused(said.refusal, said.why);
    return false;
  }

  #room(): void {
    if (this.state === 'retired') {
      if (this.load === 0) this.#out.end();
    } else if (this.state === 'open') {
      this.#deps.onRoom(this);
    }
  }

  #closed(): void {
    clearTimeout(this.#connectTimer);
    this.state = 'closed';
    const { address } = this.#deps;
    const why = this.#error instanceof Error ? this.#error.message : 'closed by the service';
    const sent = this.#inFlight.takeAll();
    const unsent = [...this.#waiting];
    this.#waiting.clear();
    this.#deps.onClosed(this, this.#wasOpen, this.#error);
    for (const call of sent) call.lost(connectionLost(address, why, this.#error ?? undefined), true);
    for (const call of unsent) call.lost(unavailable(address, why, this.#error ?? undefined), false);
  }
}

const noLength = new Uint8Array(4);

function headersOf(call: Call, isFirst: boolean): Headers {
  const { context } = call;
  const headers: Record<string, string> = {
    'deadline-ms': String(Math.max(0, Math.round(call.deadlineAt - performance.now()))),
  };
  if (isFirst) headers[goodbyeHeader] = '1';
  if (context?.requestId !== undefined) headers['request-id'] = context.requestId;
  if (context?.traceparent !== undefined) headers.traceparent = context.traceparent;
  if (context?.identity !== undefined) headers.identity = context.identity;
  return headers;
}
