import type { RawRow } from './session.ts';

const nullMarker = 0xfb;

/** The values of one row packet of the text protocol, copied out of the connection's buffer. */
export function decodeRow(buffer: Buffer, start: number, end: number): RawRow {
  const row: (Buffer | null)[] = [];
  for (let at = start; at < end; ) {
    let length = buffer[at++] as number;
    if (length === nullMarker) {
      row.push(null);
      continue;
    }
    if (length === 0xfc) {
      length = buffer.readUInt16LE(at);
      at += 2;
    } else if (length === 0xfd) {
      length = buffer.readUIntLE(at, 3);
      at += 3;
    } else if (length === 0xfe) {
      length = Number(buffer.readBigUInt64LE(at));
      at += 8;
    }
    row.push(Buffer.from(buffer.subarray(at, at + length)));
    at += length;
  }
  return row;
}
