import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';
import compressible from 'compressible';
import Negotiator from 'negotiator';
import { addVary, indexOfHeader } from './answer-headers.ts';
import type { HttpInput, HttpOutput } from './http-types.ts';
import { headerValue } from './request-parts.ts';

const codings = {
  br: (body: Buffer) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (body: Buffer) => promisify(gzip)(body),
  deflate: (body: Buffer) => promisify(deflate)(body),
};

/** Its types are those of a version without preferences. */
interface Negotiates {
  encoding(available: string[], options: { preferred: string[] }): string | undefined;
}

/**
 * The answer with its body compressed, where the compression package of Express would: types that it helps, as long as `from` bytes, and
 * a coding that the client takes. It happens on another thread.
 */
export async function compressed(from: number, input: HttpInput, output: HttpOutput): Promise<HttpOutput> {
  const type = headerValue(output.rawHeaders, 'content-type');
  if (type === undefined || compressible(type) !== true) return output;
  if (/(?:^|,)\s*no-transform\s*(?:,|$)/i.test(headerValue(output.rawHeaders, 'cache-control') ?? ''))
    return output;
  const rawHeaders = [...output.rawHeaders];
  addVary(rawHeaders, 'Accept-Encoding');
  const { body } = output;
  const plain = { ...output, rawHeaders };
  if (!Buffer.isBuffer(body) || body.length < from) return plain;
  if (input.method === 'HEAD' || indexOfHeader(rawHeaders, 'content-encoding') !== -1) return plain;
  const accepted = headerValue(input.rawHeaders, 'accept-encoding');
  const negotiator = new Negotiator({
    headers: { 'accept-encoding': accepted ?? '' },
  }) as unknown as Negotiates;
  const chosen = negotiator.encoding(['br', 'gzip', 'deflate', 'identity'], { preferred: ['br', 'gzip'] });
  if (chosen === undefined || chosen === 'identity') return plain;
  const coded = await codings[chosen as keyof typeof codings](body);
  const at = indexOfHeader(rawHeaders, 'content-length');
  if (at !== -1) rawHeaders.splice(at, 2);
  rawHeaders.push('Content-Encoding', chosen, 'Content-Length', String(coded.length));
  return { ...plain, body: coded };
}
