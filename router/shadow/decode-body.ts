import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { headerValue } from '../cohorts/identity.ts';

const decoders: Readonly<Record<string, (body: Buffer, maxBytes: number) => Promise<Buffer>>> = {
  gzip: (body, maxOutputLength) => promisify(gunzip)(body, { maxOutputLength }),
  'x-gzip': (body, maxOutputLength) => promisify(gunzip)(body, { maxOutputLength }),
  deflate: (body, maxOutputLength) => promisify(inflate)(body, { maxOutputLength }),
  br: (body, maxOutputLength) => promisify(brotliDecompress)(body, { maxOutputLength }),
  zstd: (body, maxOutputLength) => promisify(zstdDecompress)(body, { maxOutputLength }),
};

/** A body without its content coding; null where it is larger than that, or cannot be read. In zlib's threads, not in the event loop. */
export async function decodeBody(
  body: Buffer,
  fields: readonly string[],
  maxBytes: number,
): Promise<Buffer | null> {
  const coding = headerValue(fields, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity' || coding === '' || body.length === 0) return body;
  const decode = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
  // A coding that nobody here knows: the octets are compared as they are.
  if (decode === undefined) return body;
  try {
    return await decode(body, maxBytes);
  } catch {
    return null;
  }
}
