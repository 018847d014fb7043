import { flags, frame, frames, headerBlock, request } from '../../../support/router/raw-http2.ts';

type Fields = readonly (readonly [string, string])[];

/** One rule of RFC 9113 §8 that has no counterpart in HTTP/1.1's octets: frames in, and the monolith sees nothing whole. */
export interface Http2Vector {
  readonly name: string;
  readonly send: Buffer;
}

const usual: Fields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/free'],
  [':authority', 'shop.example'],
];
const without = (name: string): Fields => usual.filter(([field]) => field !== name);
const and = (...more: Fields): Buffer => request([...usual, ...more]);
const posting: Fields = [[':method', 'POST'], ...without(':method')];

/** A POST with a Content-Length and the DATA frames that are said to be its body. */
function measured(length: string, pieces: readonly string[]): Buffer {
  return Buffer.concat([
    frame(frames.headers, flags.endHeaders, 1, headerBlock([...posting, ['content-length', length]])),
    ...pieces.map((piece, index) =>
      frame(frames.data, index === pieces.length - 1 ? flags.endStream : 0, 1, Buffer.from(piece)),
    ),
  ]);
}

/** All of them are refused: with 400 or 501, or by an error of the stream or the connection. */
export const http2Vectors: readonly Http2Vector[] = [
  // Fields of an HTTP/1.1 hop (§8.2.2): what the next hop would take for framing.
  { name: 'Connection', send: and(['connection', 'close']) },
  { name: 'Keep-Alive', send: and(['keep-alive', 'timeout=5']) },
  { name: 'Proxy-Connection', send: and(['proxy-connection', 'keep-alive']) },
  { name: 'Transfer-Encoding', send: and(['transfer-encoding', 'chunked']) },
  {
    name: 'Transfer-Encoding with a body',
    send: request(
      [...posting, ['transfer-encoding', 'chunked']],
      Buffer.from('0\r\n\r\nGET /things/1 HTTP/1.1\r\n\r\n'),
    ),
  },
  { name: 'Upgrade', send: and(['upgrade', 'websocket']) },
  { name: 'TE: gzip', send: and(['te', 'gzip']) },
  { name: 'TE: trailers, chunked', send: and(['te', 'trailers, chunked']) },
  // Injection (§8.2.1), where it cannot be dropped with its field.
  { name: 'a name in upper case', send: and(['X-A', 'b']) },
  {
    name: 'CRLF in the path',
    send: request([...without(':path'), [':path', '/free HTTP/1.1\r\nhost: evil\r\n\r\n']]),
  },
  { name: 'a space in the path', send: request([...without(':path'), [':path', '/free HTTP/1.1']]) },
  { name: 'CRLF in the method', send: request([[':method', 'GET /x HTTP/1.1\r\n'], ...without(':method')]) },
  { name: 'a space in the method', send: request([[':method', 'GET /x'], ...without(':method')]) },
  { name: 'CRLF in the authority', send: request([...without(':authority'), [':authority', 'a\r\nb: c']]) },
  {
    name: 'user information in the authority',
    send: request([...without(':authority'), [':authority', 'a@shop.example']]),
  },
  // Pseudo-header fields (§8.3).
  { name: 'no method', send: request(without(':method')) },
  { name: 'no scheme', send: request(without(':scheme')) },
  { name: 'no path', send: request(without(':path')) },
  { name: 'no authority and no Host', send: request(without(':authority')) },
  { name: 'an empty path', send: request([...without(':path'), [':path', '']]) },
  {
    name: 'a path that is a URL',
    send: request([...without(':path'), [':path', 'https://shop.example/free']]),
  },
  { name: 'another scheme', send: request([...without(':scheme'), [':scheme', 'http']]) },
  {
    name: 'a scheme that is a URL',
    send: request([...without(':scheme'), [':scheme', 'https://evil.example/?']]),
  },
  { name: 'two methods', send: and([':method', 'POST']) },
  { name: 'two paths', send: and([':path', '/things/1']) },
  { name: 'two authorities', send: and([':authority', 'evil.example']) },
  {
    name: 'a pseudo-header field behind another',
    send: request([...without(':path'), ['x-a', 'b'], [':path', '/free']]),
  },
  { name: 'one that nobody knows', send: and([':protocol-x', 'b']) },
  { name: ':status in a request', send: and([':status', '200']) },
  {
    name: 'an extended CONNECT that was not offered',
    send: request([[':method', 'CONNECT'], ...without(':method'), [':protocol', 'websocket']]),
  },
  {
    name: 'CONNECT',
    send: request([
      [':method', 'CONNECT'],
      [':authority', 'shop.example:443'],
    ]),
  },
  { name: 'a Host that is not the authority', send: and(['host', 'evil.example']) },
  { name: 'two Hosts beside the authority', send: and(['host', 'shop.example'], ['host', 'evil.example']) },
  // Content-Length against the DATA frames (§8.1.1): the desync of HTTP/2 downgrades.
  { name: 'fewer octets than Content-Length', send: measured('10', ['abc']) },
  { name: 'more octets than Content-Length', send: measured('2', ['abc']) },
  { name: 'more octets in a later frame', send: measured('3', ['abc', 'GET /things/1 HTTP/1.1\r\n']) },
  { name: 'a Content-Length without a body', send: and(['content-length', '5']) },
  { name: 'Content-Length 0 with a body', send: measured('0', ['abc']) },
  { name: 'two Content-Lengths', send: and(['content-length', '0'], ['content-length', '0']) },
  { name: 'a Content-Length that is no number', send: measured('3, 3', ['abc']) },
  { name: 'a signed Content-Length', send: measured('+3', ['abc']) },
];

/** Octets that would end a line or a message in HTTP/1.1, in fields that a request can do without (§8.2.1). */
export const droppedFields: readonly Http2Vector[] = [
  { name: 'CRLF in a value', send: and(['x-a', 'b\r\ntransfer-encoding: chunked']) },
  { name: 'CR in a value', send: and(['x-a', 'b\rc']) },
  { name: 'LF in a value', send: and(['x-a', 'b\nc']) },
  { name: 'NUL in a value', send: and(['x-a', 'b\0c']) },
  { name: 'CRLF in a name', send: and(['x-a\r\nhost', 'evil.example']) },
  { name: 'a colon in a name', send: and(['x:a', 'b']) },
  { name: 'a space in a name', send: and(['content-length ', '5']) },
  { name: 'an empty name', send: and(['', 'b']) },
];
