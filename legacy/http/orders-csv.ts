import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import type { OrderLine } from '../models/order-table.ts';

const columns = [
  'id',
  'shopId',
  'userId',
  'status',
  'total',
  'note',
  'createdAt',
] as const satisfies readonly (keyof OrderLine)[];

/** Sends orders as they are read, as a file that spreadsheets open: with a byte order mark, and no cell that is a formula. */
export async function sendOrdersCsv(
  response: Response,
  orders: AsyncIterable<OrderLine>,
  fileName: string,
): Promise<void> {
  response.attachment(fileName).type('text/csv; charset=utf-8');
  const csv = stringify({ header: true, columns: [...columns], bom: true, escape_formulas: true });
  try {
    await pipeline(Readable.from(orders), csv, response);
  } catch (error) {
    // A client that leaves in the middle is no failure of ours.
    if (!response.destroyed || !isPrematureClose(error)) throw error;
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
