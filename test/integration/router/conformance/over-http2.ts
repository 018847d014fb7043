import type { Vector } from './vector.ts';

export interface Http2Form {
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Buffer | null;
}

/** Fields that HTTP/2 has no place for, or frames for. */
const hopOnly = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te|expect|trailer)$/i;

/** The same request in HTTP/2: null where the octets themselves are what the vector is about. */
export function overHttp2({ send, count, head }: Vector): Http2Form | null {
  const parts =
    /^([A-Z]+) (\S+) HTTP\/1\.1\r\n((?:[!#$%&'*+.^_`|~\w-]+: ?[^\r\n\0]*\r\n)*)\r\n([\s\S]*)$/.exec(send);
  if (parts === null || (count ?? 1) !== 1) return null;
  const [, method = '', target = '', lines = '', body = ''] = parts;
  if (!target.startsWith('/') || method === 'CONNECT') return null;
  const fields = lines
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
  if (fields.some(([name]) => hopOnly.test(name))) return null;
  const hosts = fields.filter(([name]) => name === 'host');
  const length = fields.find(([name]) => name === 'content-length')?.[1];
  // What follows a request on its connection, or its absence, is HTTP/1.1's affair.
  // Equal to the authority it says nothing new.
  if (hosts.length > 1 && new Set(hosts.map(([, value]) => value)).size === 1) return null;
  if (hosts.length === 0 || body.length !== Number(length ?? 0)) return null;
  if (fields.filter(([name]) => name === 'content-length').length > 1) return null;
  return {
    fields: [
      [':method', head === true ? 'HEAD' : method],
      [':scheme', 'https'],
      [':path', target],
      [':authority', hosts[0]![1]],
      // A second Host stays beside the authority, for the router to judge.
      ...hosts.slice(1),
      ...fields.filter(([name]) => name !== 'host'),
    ],
    body: body === '' ? null : Buffer.from(body, 'latin1'),
  };
}
