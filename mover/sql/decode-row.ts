import { lengthBytes, longLength, nullMarker } from './length-encoded.ts';
import type { RawRow } from './session.ts';

/** The values of one row packet of the text protocol, copied out of the connection's buffer. */
export function decodeRow(buffer: Buffer, start: number, end: number): RawRow {
  const row: (Buffer | null)[] = [];
  for (let at = start; at < end; ) {
    const first = buffer[at++] as number;
    if (first === nullMarker) {
      row.push(null);
      continue;
    }
    const more = lengthBytes(first);
    const length = more === 0 ? first : longLength(buffer, at, more);
    at += more;
    row.push(Buffer.from(buffer.subarray(at, at + length)));
    at += length;
  }
  return row;
}
