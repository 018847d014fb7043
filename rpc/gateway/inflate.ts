import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { BadValue } from '../codec/bad-value.ts';
import { UnsupportedMedia } from './request-body.ts';

/** A body that is too large once it is inflated. */
export class InflatedTooLarge extends Error {}

/** The codings that Express's own parsers take. */
const codings = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * The body without its content coding.
 *
 * @throws UnsupportedMedia, BadValue (it is not what its coding says), InflatedTooLarge
 */
export async function inflated(body: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const decode = codings.get(coding.trim().toLowerCase());
  if (decode === undefined) throw new UnsupportedMedia(`a body encoded with ${coding}`);
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new InflatedTooLarge(`the body has more than ${maxBytes} bytes once it is inflated`);
    }
    throw new BadValue(`is not ${coding}`).inMember('body');
  }
}
