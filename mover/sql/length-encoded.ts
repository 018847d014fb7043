/** The first byte of a value that is NULL. */
export const nullMarker = 0xfb;

/** The bytes that a length takes beyond its first byte, by that byte, in the text protocol of MySQL and MariaDB. */
export function lengthBytes(first: number): 0 | 2 | 3 | 8 {
  if (first < nullMarker) return 0;
  return first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
}

/** A length whose first byte, at `at - 1`, says that `bytes` more hold it. */
export function longLength(buffer: Buffer, at: number, bytes: 2 | 3 | 8): number {
  return bytes === 8 ? Number(buffer.readBigUInt64LE(at)) : buffer.readUIntLE(at, bytes);
}
