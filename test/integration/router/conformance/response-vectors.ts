import { get, host, request, type Vector } from './vector.ts';

const ask = get('/free');
const head = request(['HEAD /free HTTP/1.1', host]);
const broken = { status: [502], answerCloses: true } as const;

/** What the monolith may answer, right and wrong, and what becomes of it. */
export const responseVectors: readonly Vector[] = [
  {
    name: 'a length is kept',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: [200],
    gets: { body: 'ok', chunked: false, fields: ['Content-Length: 2'] },
  },
  {
    name: 'chunks are kept chunks',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    status: [200],
    gets: { body: 'ok', chunked: true, without: ['content-length'] },
  },
  {
    name: 'chunks for an HTTP/1.0 client end with the connection',
    send: request(['GET /free HTTP/1.0', host]),
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    status: [200],
    closes: true,
    gets: { body: 'ok', without: ['transfer-encoding'] },
  },
  {
    name: 'a body that ends with the connection',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\n\r\nok',
    answerCloses: true,
    status: [200],
    gets: { body: 'ok', chunked: true },
  },
  {
    name: 'an HTTP/1.0 monolith',
    send: ask,
    answer: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    answerCloses: true,
    status: [200],
    gets: { body: 'ok', startLine: 'HTTP/1.1 200 OK' },
  },
  {
    name: 'trailers',
    send: ask,
    answer:
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
    status: [200],
    gets: { body: 'ok', fields: ['Trailer: X-Sum'], trailers: ['X-Sum: 1'] },
  },
  {
    name: 'trailers that route or control are dropped',
    send: ask,
    answer:
      'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n' +
      'X-A: 1\r\nSet-Cookie: a=1\r\nX-Hop: 1\r\nLocation: /x\r\nWWW-Authenticate: Basic\r\nConnection: close\r\nX-B: 2\r\n\r\n',
    status: [200],
    gets: { body: 'ok', trailers: ['X-A: 1', 'X-B: 2'] },
  },
  {
    name: 'trailers for an HTTP/1.0 client are dropped',
    send: request(['GET /free HTTP/1.0', host]),
    answer:
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
    status: [200],
    closes: true,
    gets: { body: 'ok', without: ['trailer'] },
  },
  {
    name: 'an empty chunked body',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: [200],
    gets: { body: '' },
  },
  {
    name: 'an empty body with a length',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { body: '', fields: ['Content-Length: 0'] },
  },
  // Reason phrases and statuses.
  {
    name: 'a reason phrase is kept',
    send: ask,
    answer: 'HTTP/1.1 404 Nichts Da\r\nContent-Length: 0\r\n\r\n',
    status: [404],
    gets: { startLine: 'HTTP/1.1 404 Nichts Da' },
  },
  {
    name: 'no reason phrase',
    send: ask,
    answer: 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { startLine: 'HTTP/1.1 200 ' },
  },
  {
    name: 'no reason phrase and no space',
    send: ask,
    answer: 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { startLine: 'HTTP/1.1 200 ' },
  },
  {
    name: 'a status nobody knows',
    send: ask,
    answer: 'HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n',
    status: [799],
  },
  {
    name: '204 has no body',
    send: ask,
    answer: 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
    status: [204],
    gets: { without: ['content-length', 'transfer-encoding'], fields: ['X-A: 1'] },
  },
  {
    name: '204 has no length either',
    send: ask,
    answer: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-A: 1\r\n\r\n',
    status: [204],
    gets: { without: ['content-length', 'transfer-encoding'], fields: ['X-A: 1'] },
  },
  {
    name: '304 keeps its fields',
    send: ask,
    answer: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n',
    status: [304],
    gets: { fields: ['ETag: "a"', 'Content-Length: 5'] },
  },
  {
    name: 'a redirect is not followed',
    send: ask,
    answer: 'HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n',
    status: [302],
    gets: { fields: ['Location: http://elsewhere.example/'] },
  },
  {
    name: '401 keeps its challenge',
    send: ask,
    answer: 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
    status: [401],
    gets: { fields: ['WWW-Authenticate: Basic'] },
  },
  // HEAD.
  {
    name: 'HEAD keeps the length of what it does not send',
    send: head,
    head: true,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n',
    status: [200],
    gets: { fields: ['Content-Length: 1000'] },
  },
  {
    name: 'HEAD of a chunked resource',
    send: head,
    head: true,
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    status: [200],
  },
  {
    name: 'HEAD without a length',
    send: head,
    head: true,
    answer: 'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n',
    status: [200],
    gets: { fields: ['X-A: 1'], without: ['content-length'] },
  },
  // Fields.
  {
    name: 'Set-Cookie fields stay apart and in order',
    send: ask,
    answer:
      'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { fields: ['Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'set-cookie: b=2'] },
  },
  {
    name: 'duplicates and spelling stay',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nx-b: 1\r\nX-A: 2\r\nX-b: 3\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { fields: ['x-b: 1', 'X-A: 2', 'X-b: 3'] },
  },
  {
    name: 'hop-by-hop fields are dropped',
    send: ask,
    answer:
      'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=3\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Stay: 1\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { fields: ['X-Stay: 1'], without: ['x-hop', 'proxy-authenticate', 'upgrade'] },
  },
  {
    name: 'no Date is invented',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { without: ['date', 'via', 'server', 'x-powered-by'] },
  },
  {
    name: 'a Date is kept',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nDate: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { fields: ['Date: Wed, 21 Oct 2015 07:28:00 GMT'] },
  },
  {
    name: 'octets above 127 in a value stay',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nX-Latin: caf\xe9\r\nContent-Length: 0\r\n\r\n',
    status: [200],
    gets: { fields: ['X-Latin: caf\xe9'] },
  },
  {
    name: 'gzip stays gzip',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00',
    status: [200],
    gets: { body: '\x1f\x8b\x08\x00', fields: ['Content-Encoding: gzip'] },
  },
  // Informational responses.
  {
    name: '103 in front',
    send: ask,
    answer:
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: [103, 200],
    gets: { body: 'ok' },
  },
  {
    name: 'two of them',
    send: ask,
    answer:
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    status: [102, 103, 200],
  },
  {
    name: '103 and then nothing: no second try, whose 103 would be another',
    send: ask,
    answer: 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
    answerCloses: true,
    status: [103, 502],
    sees: { requests: 1 },
  },
  {
    name: '103 for an HTTP/1.0 client is dropped',
    send: request(['GET /free HTTP/1.0', host]),
    answer: 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: [200],
    closes: true,
  },
  {
    name: '100 that nobody asked for is passed on',
    send: ask,
    answer: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: [100, 200],
    gets: { body: 'ok' },
  },
  {
    name: '100 for an HTTP/1.0 client is dropped',
    send: request(['POST /free HTTP/1.0', host, 'Expect: 100-continue', 'Content-Length: 2'], 'ab'),
    answer: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: [200],
    closes: true,
    sees: { body: 'ab', without: ['expect'] },
  },
  {
    name: 'a storm of informational responses',
    send: ask,
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </${'a'.repeat(1_000)}>\r\n\r\n`.repeat(140),
    // As many as four heads may be long, 32 KiB each.
    status: [...Array(126).fill(103), 502],
  },
  {
    name: '101 that nobody asked for',
    send: ask,
    answer: 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    ...broken,
  },
  // Garbage.
  { name: 'not HTTP', send: ask, answer: 'SSH-2.0-OpenSSH_9.2\r\n', ...broken },
  { name: 'a status line without a status', send: ask, answer: 'HTTP/1.1 OK\r\n\r\n', ...broken },
  { name: 'a status of two digits', send: ask, answer: 'HTTP/1.1 20 OK\r\n\r\n', ...broken },
  { name: 'nothing at all', send: ask, answer: '', ...broken },
  { name: 'half a head', send: ask, answer: 'HTTP/1.1 200 OK\r\nContent-Le', ...broken },
  {
    name: 'both framings',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ...broken,
  },
  {
    name: 'two lengths that differ',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    ...broken,
  },
  {
    name: 'a length that is no number',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok',
    ...broken,
  },
  {
    name: 'a negative length',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok',
    ...broken,
  },
  {
    name: 'a field with a NUL',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n',
    ...broken,
  },
  {
    name: 'a field name with a space',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nX Y: a\r\nContent-Length: 0\r\n\r\n',
    ...broken,
  },
  {
    name: 'a head that is too long',
    send: ask,
    answer: `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`,
    ...broken,
  },
  {
    name: 'more than the length says',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and HTTP/1.1 200 OK\r\n\r\n',
    status: [200],
    gets: { body: 'ok' },
  },
  {
    name: 'another response behind the response',
    send: ask,
    answer:
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 4\r\n\r\nevil',
    status: [200],
    gets: { body: 'ok', without: ['x-poison'] },
  },
  // Begun and broken off: the client must not take it for whole.
  {
    name: 'less than the length says',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok',
    answerCloses: true,
    status: [],
    closes: true,
  },
  {
    name: 'chunks without an end',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
    answerCloses: true,
    status: [],
    closes: true,
  },
  {
    name: 'a trailer that would frame the body it stands behind',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n',
    status: [],
    closes: true,
  },
  ...['Content-Length: 2', 'Transfer-Encoding: chunked', 'Connection: close'].map(
    (field): Vector => ({
      name: `an informational response with ${field}`,
      send: ask,
      answer: `HTTP/1.1 103 Early Hints\r\n${field}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
      ...broken,
    }),
  ),
  {
    name: 'an informational response in HTTP/1.0',
    send: ask,
    answer: 'HTTP/1.0 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ...broken,
  },
  {
    name: 'a chunk size that is none',
    send: ask,
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n',
    answerCloses: true,
    status: [],
    closes: true,
  },
];
