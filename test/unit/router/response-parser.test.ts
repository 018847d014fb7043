import { describe, expect, it } from 'vitest';
import {
  type ParsedHead,
  ResponseFault,
  ResponseParser,
} from '../../../router/sides/http/upstream/response-parser.ts';

interface Read {
  readonly heads: ParsedHead[];
  body: string;
  trailers: string[] | null;
}

/** Feeds the octets in pieces of `size`. */
function read(text: string, size: number, isHead = false): Read & { parser: ResponseParser } {
  const seen: Read = { heads: [], body: '', trailers: null };
  const parser = new ResponseParser(
    {
      onHead: (head) => seen.heads.push(head) > 0 && isHead,
      onBody: (piece) => {
        seen.body += piece.toString('latin1');
      },
      onComplete: (trailers) => {
        seen.trailers = trailers;
      },
    },
    1_000,
  );
  parser.expecting = true;
  const octets = Buffer.from(text, 'latin1');
  for (let at = 0; at < octets.length; at += size) parser.execute(octets.subarray(at, at + size));
  return Object.assign(seen, { parser });
}

const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
const sized = `${early}HTTP/1.1 200 OK\r\nX-A:  caf\xe9 \t\r\nx-a:\r\nContent-Length: 5\r\n\r\nhello`;
const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a="b"\r\nhel\r\n02\r\nlo\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n';

describe('a response in pieces of any size', () => {
  for (let size = 1; size <= Math.max(sized.length, chunked.length); size++) {
    it(`of ${size}`, () => {
      const one = read(sized, size);
      expect(one.heads.map(({ status }) => status)).toEqual([103, 200]);
      expect(one.heads[1]).toMatchObject({ reason: 'OK', persistent: true, keepAliveSeconds: null });
      expect(one.heads[1]?.fields).toEqual(['X-A', 'caf\xe9', 'x-a', '', 'Content-Length', '5']);
      expect([one.body, one.trailers]).toEqual(['hello', []]);
      const two = read(chunked, size);
      expect([two.body, two.trailers]).toEqual(['hello', ['X-Sum', '1', 'X-B', '2']]);
    });
  }
});

const ok = 'HTTP/1.1 200 OK\r\n';
const chunks = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
describe('what is no response', () => {
  it.for([
    ['octets behind the response', `${sized}H`],
    ['a bare LF after the status line', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
    ['bare LFs all through, without an end', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a bare CR in a value', `${ok}X: a\rb\r\n\r\n`],
    ['a folded line', `${ok}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
    ['a space before the colon', `${ok}Content-Length : 0\r\n\r\n`],
    ['an empty name', `${ok}: 0\r\n\r\n`],
    ['a line without a colon', `${ok}nothing\r\nX: 1\r\n\r\n`],
    ['the same length twice', `${ok}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`],
    ['a list of lengths', `${ok}Content-Length: 1, 1\r\n\r\n`],
    ['a length with a sign', `${ok}Content-Length: +1\r\n\r\n`],
    ['a length beyond all numbers', `${ok}Content-Length: 9999999999999999\r\n\r\n`],
    ['a coding in front of chunked', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 Low\r\n\r\n'],
    ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['informational responses without an end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(200)],
    ['a chunk size with a sign', `${chunks}+1\r\na\r\n`],
    ['a blank behind a chunk size', `${chunks}1 \r\na\r\n`],
    ['a blank in front of an extension', `${chunks}1 ;a=b\r\na\r\n`],
    ['an extension without a name', `${chunks}1;\r\na\r\n`],
    ['chunked with a tab behind it', `${ok}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`],
    ['a trailer that would frame', `${chunks}0\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['a chunk size in 0x', `${chunks}0x1\r\na\r\n`],
    ['a space in front of a chunk size', `${chunks} 1\r\na\r\n`],
    ['an empty chunk size', `${chunks}\r\n`],
    ['a chunk size ended by LF', `${chunks}1\na\r\n`],
    ['a chunk longer than its size', `${chunks}1\r\nab\r\n`],
    ['an extension with a bare CR', `${chunks}1;a\rb\r\na\r\n`],
    ['an extension without an end', `${chunks}1;${'a'.repeat(2_000)}`],
    ['a trailer that is none', `${chunks}0\r\nX Y: 1\r\n\r\n`],
    ['trailers without an end', `${chunks}0\r\n${'X: 1\r\n'.repeat(400)}`],
    ['a head that is too long', `${ok}X: ${'a'.repeat(1_100)}\r\n\r\n`],
  ] as const)('%s', ([, text]) => {
    for (const size of [1, 7, text.length]) expect(() => read(text, size)).toThrow(ResponseFault);
  });
});

describe('where a body ends', () => {
  it('with the connection when nothing else says', () => {
    const { parser, heads, body } = read(`${ok}\r\nall of it`, 4);
    expect([parser.endsWithConnection, heads[0]?.persistent, body]).toEqual([true, false, 'all of it']);
  });
  it('with the head for HEAD, 204 and 304', () => {
    expect(read(`${ok}Content-Length: 9\r\n\r\n`, 99, true).trailers).toEqual([]);
    expect(read('HTTP/1.1 204 No Content\r\n\r\n', 99).heads[0]?.persistent).toBe(true);
    // What may follow a length all the same would be taken for the next response.
    expect(read('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', 99).heads[0]?.persistent).toBe(
      false,
    );
  });
  it('keeps HTTP/1.0 connections only when asked to', () => {
    const old = 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n';
    expect(read(`${old}\r\n`, 99).heads[0]?.persistent).toBe(false);
    expect(read(`${old}Connection: Keep-Alive\r\n\r\n`, 99).heads[0]?.persistent).toBe(true);
  });
  it('closes where any field says so, whatever another says', () => {
    const both = ['Connection: close', 'Connection: keep-alive', 'Proxy-Connection: keep-alive'];
    for (const fields of [both, both.toReversed()]) {
      const text = `${ok}${fields.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
      expect(read(text, 99).heads[0]?.persistent).toBe(false);
    }
  });
  it('reads how long an idle connection is kept', () => {
    const { heads } = read(`${ok}Keep-Alive: timeout=5, max=9\r\nContent-Length: 0\r\n\r\n`, 99);
    expect(heads[0]?.keepAliveSeconds).toBe(5);
  });
});
