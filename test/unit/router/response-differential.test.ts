import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParsedHead, ResponseParser } from '../../../router/sides/http/upstream/response-parser.ts';

interface Read {
  /** Status, reason and fields of each head. */
  readonly heads: [number, string, readonly string[]][];
  body: string;
  trailers: readonly string[];
  /** Whether the connection may carry another response. */
  persistent: boolean;
}

type Verdict = Read | { readonly refused: string };

/** The first final response in these octets, read in pieces; then the connection ends. */
function ours(octets: Buffer, isHead: boolean, cuts: readonly number[] = []): Verdict {
  const read: Read = { heads: [], body: '', trailers: [], persistent: false };
  let complete = false;
  const parser = new ResponseParser(
    {
      onHead({ status, reason, fields, persistent }: ParsedHead) {
        read.heads.push([status, reason, fields]);
        read.persistent = persistent;
        return isHead;
      },
      onBody(piece) {
        read.body += piece.toString('latin1');
      },
      onComplete(trailers) {
        read.trailers = trailers;
        complete = true;
      },
    },
    4_096,
  );
  parser.expecting = true;
  try {
    let at = 0;
    for (const cut of [...cuts, octets.length]) {
      if (!complete && cut > at) parser.execute(octets.subarray(at, cut));
      at = Math.max(at, cut);
    }
    parser.finish();
  } catch (error) {
    // What comes behind the response is the connection's matter.
    if (!complete) return { refused: (error as Error).message };
  }
  return complete ? read : { refused: 'incomplete' };
}

/** Node's own parser, which has no public name; the numbers are the slots of its callbacks. */
interface Llhttp {
  initialize(type: number, resource: object, maxHeaderSize: number, lenientFlags: number): void;
  execute(octets: Buffer): Error | number;
  finish(): Error | undefined;
  [slot: number]: (...args: never[]) => unknown;
}
const { HTTPParser } = createRequire(import.meta.url)('_http_common') as {
  HTTPParser: (new () => Llhttp) & Record<string, number>;
};

/** The same by llhttp, as strict as Node's client has it. */
function llhttp(octets: Buffer, isHead: boolean): Verdict {
  const read: Read = { heads: [], body: '', trailers: [], persistent: false };
  let complete = false;
  let fields: string[] = [];
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.RESPONSE!, {}, 4_096, 0);
  parser[HTTPParser.kOnHeaders!] = (more: string[]) => {
    fields.push(...more);
  };
  parser[HTTPParser.kOnHeadersComplete!] = (
    ...[, , more, , , status, reason, , persistent]: [
      number,
      number,
      string[] | undefined,
      unknown,
      unknown,
      number,
      string,
      boolean,
      boolean,
    ]
  ) => {
    if (complete) return 1;
    read.heads.push([status, reason, [...fields, ...(more ?? [])]]);
    read.persistent = persistent;
    fields = [];
    return isHead && status >= 200 ? 1 : 0;
  };
  parser[HTTPParser.kOnBody!] = (piece: Buffer) => {
    if (!complete) read.body += piece.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete!] = () => {
    if (!complete && (read.heads.at(-1)?.[0] ?? 0) >= 200) {
      complete = true;
      read.trailers = fields;
    }
    fields = [];
  };
  const result = parser.execute(octets);
  if (!complete && result instanceof Error)
    return { refused: String((result as NodeJS.ErrnoException).code) };
  if (!complete) parser.finish();
  return complete ? read : { refused: 'incomplete' };
}

/** Mostly the first, which is right; now and then one of the others, most of which are wrong. */
const mostly = <T>(right: fc.Arbitrary<T> | T, ...wrong: T[]): fc.Arbitrary<T> => {
  const sound = right instanceof fc.Arbitrary ? right : fc.constant(right);
  return wrong.length === 0
    ? sound
    : fc.oneof({ weight: 24, arbitrary: sound }, { weight: 1, arbitrary: fc.constantFrom(...wrong) });
};
const joined = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((pieces) => pieces.join(''));
const repeated = (part: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(part, { maxLength }).map((parts) => parts.join(''));
const lineEnd = mostly('\r\n', '\n', '\r', '\r\r\n', '\n\r', ' \r\n', '\r\n ');
const field = joined(
  mostly(
    fc.constantFrom(
      'X-A',
      'Set-Cookie',
      'Keep-Alive',
      'Connection',
      'Upgrade',
      'Trailer',
      'Proxy-Connection',
      'x_b',
    ),
    'Content-Length',
    'content-length',
    'Transfer-Encoding',
    'Content-Length ',
    'Content_Length',
    ' X',
    'X Y',
    '',
    'X(',
    '\x80',
    'X\0',
  ),
  mostly(fc.constantFrom(':', ': ', ':\t', ':  '), ' :', '', '::', ':\x0b'),
  mostly(
    fc.constantFrom('5', '0', '', 'close', 'keep-alive', 'a\tb', '\xff', 'timeout=5', ' a '),
    ...[
      '5,5',
      '5, 5',
      '+5',
      '-5',
      '0x5',
      '05',
      '5 5',
      'chunked',
      'gzip, chunked',
      'chunked, gzip',
      'chunked,',
      'xchunked',
    ],
    ...['\x7f', 'a\x0bb', '99999999999999999999', 'h2c', 'upgrade', 'identity', 'chunked\x0b', '"chunked"'],
  ),
  lineEnd,
);
const head = (status: fc.Arbitrary<string>) =>
  joined(
    mostly(
      'HTTP/1.1',
      'HTTP/1.0',
      'HTTP/1.2',
      'http/1.1',
      'HTTP/2.0',
      'HTTP/01.1',
      'HTTP/1.10',
      'ICE/1.0',
      'HTTP/1,1',
    ),
    mostly(' ', '  ', '\t', ''),
    status,
    mostly(fc.constantFrom(' OK', ' ', '', ' Not  Found', ' caf\xe9'), '\tOK', ' \x01', ' a\tb', 'OK'),
    lineEnd,
    repeated(field, 3),
  );
const informational = joined(
  head(mostly(fc.constantFrom('100', '103', '199'), '101', '1', '1000')),
  mostly('', 'Content-Length: 2\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n'),
  lineEnd,
);
const finalHead = head(
  mostly(fc.constantFrom('200', '204', '304', '404', '205', '999'), '099', '20', '2000', '000', '+20'),
);
const extension = mostly(
  fc.constantFrom('', '', ';a', ';a=b', ';a="b;c"', ';a=b;c="d\\"e"'),
  ' ',
  '\t',
  ' ;a',
  ';',
  ';;',
  ';=',
  '; a',
  ';a=b ',
  ';a="\r"',
  ';a\0',
  ' x',
  ';\x80',
  ';a="x\ny"',
);
const chunk = joined(
  mostly(
    fc.constantFrom('3', '03', '0003'),
    '4',
    '2',
    '0x3',
    '+3',
    ' 3',
    'g',
    '3.0',
    '3_0',
    'ffffffffffffffff3',
  ),
  extension,
  lineEnd,
  fc.constant('abc'),
  lineEnd,
);
const chunked = joined(
  finalHead,
  fc.constantFrom('Transfer-Encoding: chunked', 'TRANSFER-ENCODING:chunked', 'transfer-encoding: Chunked '),
  lineEnd,
  lineEnd,
  repeated(chunk, 3),
  mostly(fc.constantFrom('0', '00'), '', '0x0', '-0', '000000000000000'),
  extension,
  lineEnd,
  repeated(field, 2),
  lineEnd,
);
const sized = joined(
  finalHead,
  mostly('Content-Length: 5', 'Content-Length: 4', 'Content-Length:\t5\t'),
  lineEnd,
  lineEnd,
  fc.constant('hello'),
);
const unsized = joined(finalHead, lineEnd, fc.constantFrom('', 'hello'));
const responses = fc
  .tuple(
    repeated(informational, 2),
    fc.oneof(chunked, sized, unsized),
    fc.option(fc.tuple(fc.nat(), fc.constantFrom('\0', '\r', '\n', ' ', '\t', ':', '\r\n', '\x80', '1'))),
  )
  .map(([before, response, mutation]) => {
    const text = before + response;
    if (mutation === null || mutation[0] % 4 > 0) return text;
    const at = mutation[0] % text.length;
    return text.slice(0, at) + mutation[1] + text.slice(at + (mutation[0] % 2));
  });
const cases = fc.record({
  octets: responses.map((text) => Buffer.from(text, 'latin1')),
  isHead: fc.nat(9).map((n) => n === 0),
  cuts: fc.array(fc.nat(400), { maxLength: 5 }).map((cuts) => cuts.toSorted((a, b) => a - b)),
});
const runs = { numRuns: 4_000 };

describe('any response, right or nearly', () => {
  it('is read the same whole and in pieces', () => {
    fc.assert(
      fc.property(cases, ({ octets, isHead, cuts }) => {
        const whole = ours(octets, isHead);
        const pieces = ours(octets, isHead, cuts);
        // Which of several faults is met first may depend on what has come.
        if ('refused' in whole) expect(pieces).toHaveProperty('refused');
        else expect(pieces).toEqual(whole);
      }),
      runs,
    );
  });

  it('is judged no more leniently than by Node’s parser, and read no differently', () => {
    let accepted = 0;
    fc.assert(
      fc.property(cases, ({ octets, isHead }) => {
        const mine = ours(octets, isHead);
        if ('refused' in mine) return;
        accepted += 1;
        const { persistent, ...read } = mine;
        const its = llhttp(octets, isHead);
        expect(its).toMatchObject(read);
        // We may close what Node would keep, never the other way round.
        if (persistent) expect(its).toHaveProperty('persistent', true);
      }),
      runs,
    );
    expect(accepted).toBeGreaterThan(runs.numRuns / 10);
  });
});
