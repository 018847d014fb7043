import { BinaryWriter } from './binary-writer.ts';
import { CompactReader } from './compact-reader.ts';
import { CompactWriter } from './compact-writer.ts';
import type { ProtocolWriter } from './protocol.ts';
import type { ProtocolName } from './protocols.ts';
import { malformed } from './wire-error.ts';

export type Headers = Readonly<Record<string, string>>;

export const headerMagic = 0x0fff;

/**
 * How a server that stops takes leave without losing a call. A client that knows this header sends it with its first call;
 * the server then sends a frame that has this header and no message. Thereafter the client begins no call on that
 * connection and closes it once its last reply is in; until then the server carries out whatever still arrives. A server that
 * closes by itself cannot know what is on its way to it, nor the client whether that was carried out.
 */
export const goodbyeHeader = 'banyan-goodbye';
/**
 * What `serve` says in its first reply to such a client: it takes this many calls side by side on a connection. A server that
 * does not say it carries out one after the other, as the official ones do: what is sent behind a slow call waits for it.
 */
export const parallelHeader = 'banyan-parallel';
const keyValueInfo = 1;

/**
 * Begins a frame of the header transport (HeaderFormat.md of Apache Thrift): length, magic, flags, sequence id, header
 * words, then the header itself. `endFrame` fills in the length.
 */
export function beginHeaderFrame(
  w: ProtocolWriter,
  protocol: ProtocolName,
  seqid: number,
  headers: Headers,
): void {
  const head = new CompactWriter(256);
  head.varint(protocol === 'binary' ? 0 : 2);
  head.varint(0);
  const names = Object.keys(headers);
  if (names.length > 0) {
    head.varint(keyValueInfo);
    head.varint(names.length);
    for (const name of names) {
      head.string(name);
      head.string(headers[name]!);
    }
  }
  while (head.pos % 4 !== 0) head.u8(0);
  if (head.pos > 65535 * 4) throw malformed('its headers are too long');
  const start = new BinaryWriter(16);
  start.i32(0);
  start.i16(headerMagic);
  start.i16(0);
  start.i32(seqid);
  start.i16(head.pos / 4);
  w.rawBytes(start.copy());
  w.rawBytes(head.copy());
}

export interface HeaderFrame {
  readonly protocol: ProtocolName;
  readonly seqid: number;
  readonly headers: Headers;
  /** Where the message begins. */
  readonly start: number;
}

/** Reads the header of a frame whose length has been taken off. */
export function readHeaderFrame(buf: Buffer, start: number, end: number): HeaderFrame {
  if (end - start < 10 || buf.readUInt16BE(start) !== headerMagic) throw malformed('a frame has no header');
  const seqid = buf.readInt32BE(start + 4);
  const headStart = start + 10;
  const headEnd = headStart + buf.readUInt16BE(start + 8) * 4;
  if (headEnd > end) throw malformed('a header is longer than its frame');
  const r = new CompactReader();
  r.reset(buf, headStart, headEnd);
  const id = r.varint();
  if (id !== 0 && id !== 2) throw malformed(`a header names protocol ${id}`);
  if (r.varint() !== 0) throw malformed('a header asks for transforms, which are not supported');
  const headers: Record<string, string> = Object.create(null);
  while (r.pos < headEnd && r.varint() === keyValueInfo) {
    const count = r.varint();
    for (let i = 0; i < count; i++) {
      const name = r.string();
      headers[name] = r.string();
    }
  }
  return { protocol: id === 0 ? 'binary' : 'compact', seqid, headers, start: headEnd };
}
