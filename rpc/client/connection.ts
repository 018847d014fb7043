import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { BatchedWrites } from '../wire/batched-writes.ts';
import { goodbyeHeader, parallelHeader, readHeaderFrame } from '../wire/header-transport.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { newReader } from '../wire/protocols.ts';
import { refusalOf } from '../wire/refusal.ts';
import { FrameSplitter, MessageSplitter, type Splitter } from '../wire/splitter.ts';
import { MessageType } from '../wire/types.ts';
import type { Call, Carrier } from './call.ts';
import { writeCall } from './call-writer.ts';
import type { Candidate } from './choose-connection.ts';
import { type ConnectionEvent, type ConnectionState, nextState } from './connection-state.ts';
import { connectionLost, unavailable, wrongReply } from './errors.ts';
import { InFlight } from './in-flight.ts';
import type { Settings } from './options.ts';
import { readApplicationException } from './reply-reader.ts';

export interface ConnectionDeps {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | (() => TlsOptions) | undefined;
  readonly settings: Settings;
  /** Shared by all connections of a client: writing and reading never wait. */
  readonly writer: ProtocolWriter;
  readonly reader: ProtocolReader;
  readonly onOpen: () => void;
  /** `wasOpen`: false if it never connected. Called once. */
  readonly onClosed: (connection: Connection, wasOpen: boolean) => void;
  /** A call ended here, so there may be room for another. */
  readonly onRoom: (connection: Connection) => void;
  /** The service stops: no new calls to its address while there is another one. */
  readonly onGoodbye: () => void;
}

/** Replies to calls that nobody waits for any more, before the connection is given up. */
const maxForgotten = 1_000;
/** Calls on a connection whose server takes them side by side, where the settings say no other number. */
const sharedCapacity = 64;

/** One socket and the calls in flight on it, told apart by their sequence ids. */
export class Connection implements Carrier, Candidate {
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
  #state: ConnectionState = 'connecting';
  #capacity: number;
  // Times are milliseconds of `performance.now()`.
  #openedAt = 0;
  #sentAt = 0;
  #idleSince = performance.now();
  /** Since when calls wait and no byte has come; 0: none wait. */
  #silentSince = 0;
  /** Pieces received so far. */
  #heard = 0;
  #error: unknown = null;
  /** Of the protocol that is not ours, for replies over the header transport that come in it. */
  #otherReader: ProtocolReader | null = null;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.address = deps.address;
    const { settings, host, port } = deps;
    const tls = typeof deps.tls === 'function' ? deps.tls() : deps.tls;
    this.#capacity = settings.callsPerConnection ?? 1;
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
    // A process that a busy machine left standing hears of its timers before it hears of its connections.
    this.#connectTimer = setTimeout(
      () => setImmediate(() => this.#notConnected(settings.connectTimeoutMs)),
      settings.connectTimeoutMs,
    );
    this.#socket
      .once(tls === undefined ? 'connect' : 'secureConnect', () => this.#opened())
      .on('data', (chunk: Buffer) => this.#received(chunk))
      .on('timeout', () => {
        if (this.load === 0) this.retire();
      })
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

  get state(): ConnectionState {
    return this.#state;
  }

  /** Calls that are here, sent or waiting for the connection to open. */
  get load(): number {
    return this.#inFlight.size + this.#waiting.size;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get openedAt(): number {
    return this.#openedAt;
  }

  /** When its last call was sent. */
  get sentAt(): number {
    return this.#sentAt;
  }

  get idleSince(): number {
    return this.#idleSince;
  }

  #on(event: ConnectionEvent): void {
    this.#state = nextState(this.#state, event);
  }

  send(call: Call): void {
    call.carrier = this;
    if (this.#state === 'connecting') this.#waiting.add(call);
    else this.#write(call);
  }

  forget(call: Call, isDeadline: boolean): void {
    if (this.#waiting.delete(call)) this.#room();
    if (this.#inFlight.take(call.seqid) === null) return;
    this.#forgotten.add(call.seqid);
    // The other end may be gone without a word.
    const isSilent = isDeadline && this.silentMs(performance.now()) >= this.#deps.settings.silenceMs;
    if (isSilent || this.#forgotten.size > maxForgotten) this.retire();
    else if (this.#capacity === 1) this.#on('owes');
    else if (isDeadline && call.heardBefore === this.#heard) this.#on('keptSilent');
    this.#room();
  }

  silentMs(now: number): number {
    return this.#silentSince === 0 ? 0 : now - this.#silentSince;
  }

  /** No new calls; closed once those in flight have ended. */
  retire(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'connecting' && this.#waiting.size > 0) return;
    // Oneway calls have ended for their callers before they are written.
    if (this.#state !== 'connecting' && this.load === 0) this.#out.end();
    else if (this.load === 0) this.#socket.destroy();
    this.#on('retire');
  }

  destroy(error: unknown): void {
    this.#error ??= error;
    // At once: the socket says that it is closed only later, and no call may be sent to it meanwhile.
    if (this.#state !== 'connecting') this.#on('retire');
    this.#socket.destroy();
  }

  /** Closes after what is still to be written: a oneway call ends for its caller before that. */
  end(error: unknown): void {
    this.#error ??= error;
    if (this.#state === 'connecting') this.#socket.destroy();
    else this.#out.end();
  }

  #opened(): void {
    clearTimeout(this.#connectTimer);
    this.#openedAt = performance.now();
    this.#on('opened');
    this.#keepFor();
    this.#deps.onOpen();
    for (const call of this.#waiting) this.#write(call);
    this.#waiting.clear();
    if (this.load === 0) this.#room();
  }

  #notConnected(afterMs: number): void {
    if (this.#openedAt > 0) return;
    this.#socket.destroy(new Error(`no connection within ${afterMs} ms`));
  }

  /** How long it stays open without calls: where it holds a thread of its server, others want that soon. */
  #keepFor(): void {
    const { turnMs, idleTimeoutMs } = this.#deps.settings;
    this.#socket.setTimeout(this.#capacity === 1 ? Math.min(turnMs, idleTimeoutMs) : idleTimeoutMs);
  }

  #write(call: Call): void {
    const { writer, settings } = this.#deps;
    call.seqid = this.#inFlight.nextId();
    try {
      writeCall(writer, call, settings, this.#sentAt === 0);
    } catch (error) {
      // The arguments do not fit the IDL: nothing was sent.
      call.fail(error);
      this.#room();
      return;
    }
    this.#sentAt = performance.now();
    if (!call.method.oneway) {
      this.#inFlight.add(call);
      call.heardBefore = this.#heard;
      if (this.#silentSince === 0) this.#silentSince = this.#sentAt;
    }
    this.#out.write(writer.copy());
    if (call.method.oneway) {
      if (this.#capacity === 1) this.#on('owes');
      call.sent();
      this.#room();
    }
  }

  #received(chunk: Buffer): void {
    this.#heard++;
    if (this.#state === 'silent') this.#on('answered');
    try {
      this.#splitter.push(chunk, this.#onMessage);
    } catch (error) {
      this.destroy(error);
    }
    this.#silentSince = this.#inFlight.size > 0 ? performance.now() : 0;
  }

  readonly #onMessage = (buf: Buffer, start: number, end: number): void => {
    const { settings } = this.#deps;
    let { reader } = this.#deps;
    let at = start;
    if (settings.transport === 'header') {
      const frame = readHeaderFrame(buf, start, end);
      if (frame.headers[goodbyeHeader] !== undefined) {
        this.#deps.onGoodbye();
        return;
      }
      const parallel = frame.headers[parallelHeader];
      if (parallel !== undefined) this.#takesSideBySide(Number(parallel));
      // The C++ library answers every call in binary.
      if (frame.protocol !== settings.protocol) reader = this.#otherReader ??= newReader(frame.protocol);
      at = frame.start;
    }
    reader.reset(buf, at, end);
    const head = reader.message();
    const call = this.#inFlight.take(head.seqid);
    if (call === null) {
      if (!this.#forgotten.delete(head.seqid)) {
        throw wrongReply(`${this.#deps.address} answered sequence id ${head.seqid}, which no call has`);
      }
      this.#caughtUp();
      this.#room();
      return;
    }
    this.#caughtUp();
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
      if (!this.#isCarriedOut(call, reader)) {
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
  #isCarriedOut(call: Call, reader: ProtocolReader): boolean {
    const { text } = readApplicationException(reader);
    const said = refusalOf(text, call.method.name, call.seqid);
    if (said === null) return true;
    if (said.refusal === 'stopping') this.#deps.onGoodbye();
    call.refused(said.refusal, said.why);
    return false;
  }

  /** A reply came: the server owes none that was given up, or none that keeps it from other calls. */
  #caughtUp(): void {
    if (this.#forgotten.size === 0 || this.#capacity > 1) this.#on('answered');
  }

  #takesSideBySide(calls: number): void {
    if (this.#deps.settings.callsPerConnection !== null || !(calls > 1)) return;
    this.#capacity = Math.min(sharedCapacity, calls);
    this.#keepFor();
  }

  #room(): void {
    if (this.load === 0) this.#idleSince = performance.now();
    if (this.#state !== 'retired') this.#deps.onRoom(this);
    else if (this.load === 0) this.#out.end();
  }

  #closed(): void {
    clearTimeout(this.#connectTimer);
    this.#on('closed');
    const { address } = this.#deps;
    const why = this.#error instanceof Error ? this.#error.message : 'closed by the service';
    const sent = this.#inFlight.takeAll();
    const unsent = [...this.#waiting];
    this.#waiting.clear();
    this.#deps.onClosed(this, this.#openedAt > 0);
    for (const call of sent) call.lost(connectionLost(address, why, this.#error ?? undefined), true);
    for (const call of unsent) call.lost(unavailable(address, why, this.#error ?? undefined), false);
  }
}
