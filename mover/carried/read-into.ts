import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { Session } from '../sql/session.ts';

/** What takes row packets as they come. */
export interface RowEncoder {
  readonly rows: number;
  readonly bytes: number;
  add(buffer: Buffer, start: number, end: number): void;
}

/** Hands the rows that a statement selects to the encoder. @throws RowsTooMany beyond so many bytes */
export function readInto(
  source: Session,
  select: string,
  encoder: RowEncoder,
  bytesMax: number,
): Promise<void> {
  return source.packets(select, (buffer, start, end) => {
    if (encoder.rows > 0 && encoder.bytes + end - start > bytesMax) throw new RowsTooMany(encoder.rows);
    encoder.add(buffer, start, end);
  });
}
