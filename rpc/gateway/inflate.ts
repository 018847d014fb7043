import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { BadValue } from '../codec/bad-value.ts';
import { BodyTooLarge, UnsupportedMedia } from './request-body.ts';

interface Inflated {
  readonly buffer: Buffer;
  /** `bytesWritten`: how much of the input was taken. */
  readonly engine: { readonly bytesWritten: number };
}
type Decode = (body: Buffer, options: { readonly info: true; maxOutputLength: number }) => Promise<Inflated>;

// The types of Node know no `info`.
const gzip = promisify(gunzip) as unknown as Decode;

/** The codings that Express's own parsers take. */
const codings = new Map<string, Decode>([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', promisify(inflate) as unknown as Decode],
  ['br', promisify(brotliDecompress) as unknown as Decode],
]);

/**
 * The body without its content coding.
 *
 * @throws UnsupportedMedia, BadValue (it is not what its coding says), BodyTooLarge
 */
export async function inflated(body: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const decode = codings.get(coding.trim().toLowerCase());
  if (decode === undefined) throw new UnsupportedMedia(`a body encoded with ${coding}`);
  try {
    const { buffer, engine } = await decode(body, { info: true, maxOutputLength: maxBytes });
    if (engine.bytesWritten !== body.length) throw new Error('something follows the compressed body');
    return buffer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BodyTooLarge(`the body has more than ${maxBytes} bytes once it is inflated`);
    }
    throw new BadValue(`is not ${coding}`).inMember('body');
  }
}
