import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** Frame types and flags (RFC 9113 §6). */
export const frames = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const flags = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export function frame(type: number, flag: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block (RFC 7541) that says each field as it stands: no table, no Huffman, nothing checked. */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

function text(value: string): Buffer {
  const octets = Buffer.from(value, 'latin1');
  const length: number[] = [];
  if (octets.length < 127) length.push(octets.length);
  else {
    length.push(127);
    let rest = octets.length - 127;
    for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), octets]);
}

/** A whole request on one stream. */
export function request(
  fields: readonly (readonly [string, string])[],
  body: Buffer | null = null,
  stream = 1,
): Buffer {
  const ends = body === null ? flags.endStream : 0;
  const head = frame(frames.headers, flags.endHeaders | ends, stream, headerBlock(fields));
  return body === null ? head : Buffer.concat([head, frame(frames.data, flags.endStream, stream, body)]);
}

export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(frames.settings, 0, 0),
]);

export interface StreamOutcome {
  /** In order, informational ones too. */
  readonly statuses: readonly number[];
  readonly body: string;
  /** The code of a RST_STREAM; null when none came. */
  readonly reset: number | null;
  /** The code of the last GOAWAY. */
  readonly goaway: number | null;
  /** True when the other side closed the connection. */
  readonly closed: boolean;
}

/** What came back, frame by frame, as far as it has come. */
export class RawHttp2 {
  readonly socket: TLSSocket;
  /** Frames by type. */
  readonly counts: Record<number, number> = {};
  closed = false;
  goaway: number | null = null;
  /** The last stream that a GOAWAY named. */
  lastStream = 0;
  readonly #streams = new Map<
    number,
    { statuses: number[]; body: string; reset: number | null; ended: boolean }
  >();
  #rest: Buffer = Buffer.alloc(0);
  #told: (() => void) | null = null;

  constructor(port: number) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
      this.#told?.();
    });
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  async open(): Promise<void> {
    await once(this.socket, 'secureConnect');
    this.socket.write(preface);
  }

  /** What a stream came to: once it ended, was reset, or the connection is gone. */
  async outcome(stream = 1): Promise<StreamOutcome> {
    const over = () => {
      const known = this.#streams.get(stream);
      return this.closed || this.goaway !== null || known?.ended || (known && known.reset !== null);
    };
    while (!over()) await this.news();
    const { statuses, body, reset } = this.#of(stream);
    return { statuses, body, reset, goaway: this.goaway, closed: this.closed };
  }

  /** What came on a stream so far. */
  statuses(stream: number): readonly number[] {
    return this.#of(stream).statuses;
  }

  /** Resolves with the next octets, or the end. */
  news(): Promise<void> {
    return new Promise((resolve) => {
      this.#told = resolve;
    });
  }

  #of(stream: number) {
    let known = this.#streams.get(stream);
    if (known === undefined) {
      known = { statuses: [], body: '', reset: null, ended: false };
      this.#streams.set(stream, known);
    }
    return known;
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + length) break;
      const [type, flag] = [this.#rest[3]!, this.#rest[4]!];
      this.#take(type, flag, this.#rest.readUInt32BE(5), this.#rest.subarray(9, 9 + length));
      this.#rest = this.#rest.subarray(9 + length);
    }
    this.#told?.();
  }

  #take(type: number, flag: number, stream: number, payload: Buffer): void {
    this.counts[type] = (this.counts[type] ?? 0) + 1;
    if (type === frames.settings && (flag & flags.ack) === 0) {
      this.socket.write(frame(frames.settings, flags.ack, 0));
    } else if (type === frames.headers) {
      const status = statusOf(payload);
      if (status !== null) this.#of(stream).statuses.push(status);
    } else if (type === frames.data) this.#of(stream).body += payload.toString('latin1');
    else if (type === frames.reset) this.#of(stream).reset = payload.readUInt32BE(0);
    else if (type === frames.goaway) {
      this.goaway = payload.readUInt32BE(4);
      this.lastStream = payload.readUInt32BE(0);
    }
    if ((type === frames.headers || type === frames.data) && (flag & flags.endStream) !== 0) {
      this.#of(stream).ended = true;
    }
  }
}

const indexed: Readonly<Record<number, number>> = {
  136: 200,
  137: 204,
  138: 206,
  139: 304,
  140: 400,
  141: 404,
  142: 500,
};

/** `:status` comes first in a block: indexed, or said in digits, which Huffman's code makes 5 or 6 bits each. */
function statusOf(block: Buffer): number | null {
  const first = block[0]!;
  if (first in indexed) return indexed[first]!;
  // A table size update may come in front; literals name the static table's entry 8.
  if ((first & 0xe0) === 0x20) return statusOf(block.subarray(1));
  if (![0x48, 0x08, 0x18].includes(first)) return null;
  const length = block[1]! & 127;
  const octets = block.subarray(2, 2 + length);
  if ((block[1]! & 128) === 0) return Number(octets.toString('latin1'));
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  let digits = '';
  for (let at = 0; digits.length < 3; ) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    if (short < 3) {
      digits += short;
      at += 5;
    } else {
      digits += Number.parseInt(bits.slice(at, at + 6), 2) - 22;
      at += 6;
    }
  }
  return Number(digits);
}

/** Sends octets behind the preface on a new connection and waits for what becomes of stream 1. */
export async function sendHttp2(port: number, bytes: Buffer): Promise<StreamOutcome> {
  const client = new RawHttp2(port);
  await client.open();
  client.socket.write(bytes);
  const outcome = await client.outcome();
  client.socket.destroy();
  return outcome;
}
