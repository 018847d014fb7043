import { get, host, post, request, type Vector } from './vector.ts';

const refused = { status: [400], sees: null, closes: true } as const;

/** RFC 9110 §7.6: what a proxy takes away, what it adds, and what it must not touch. */
export const fieldVectors: readonly Vector[] = [
  // Hop-by-hop.
  ...[
    'Keep-Alive: timeout=5',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic YTpi',
    'TE: trailers',
    'TE: gzip',
    'Trailer: X',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
  ].map(
    (field): Vector => ({
      name: `dropped: ${field}`,
      send: get('/free', field),
      status: [200],
      sees: { without: [field.slice(0, field.indexOf(':'))] },
    }),
  ),
  {
    name: 'fields that Connection nominates are dropped',
    send: get('/free', 'Connection: X-Hop, keep-alive', 'X-Hop: 1', 'X-Stay: 2'),
    status: [200],
    sees: { fields: ['X-Stay: 2'], without: ['x-hop'] },
  },
  {
    name: 'nominated in another case',
    send: get('/free', 'Connection: x-HOP', 'X-Hop: 1'),
    status: [200],
    sees: { without: ['x-hop'] },
  },
  {
    name: 'nominated in a second Connection field',
    send: get('/free', 'Connection: keep-alive', 'Connection: X-Hop', 'X-Hop: 1'),
    status: [200],
    sees: { without: ['x-hop'] },
  },
  {
    name: 'nominating forwarded fields does not hide the peer',
    send: get('/free', 'Connection: X-Forwarded-For', 'X-Forwarded-For: 6.6.6.6'),
    status: [200],
    sees: { fields: ['X-Forwarded-For: 127.0.0.1'] },
  },
  ...['Host', 'Content-Length', 'Transfer-Encoding', 'Cookie', 'Authorization'].map(
    (name): Vector => ({
      name: `Connection nominates ${name}`,
      send: get('/free', `Connection: ${name}`),
      ...refused,
    }),
  ),
  {
    name: 'the client’s Connection is not the upstream’s',
    send: get('/free', 'Connection: close'),
    status: [200],
    closes: true,
    sees: { fields: ['Connection: keep-alive'] },
  },
  // Upgrade smuggling.
  {
    name: 'h2c is no upgrade here',
    send: get(
      '/free',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ),
    status: [200],
    sees: { without: ['upgrade', 'http2-settings'] },
  },
  {
    name: 'an upgrade with a body is no upgrade',
    send: post(['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 2'], 'ab'),
    status: [200],
    sees: { body: 'ab', without: ['upgrade'] },
  },
  {
    name: 'an upgrade in HTTP/1.0 is no upgrade',
    send: request(['GET /free HTTP/1.0', host, 'Connection: Upgrade', 'Upgrade: websocket']),
    status: [200],
    closes: true,
    sees: { without: ['upgrade'] },
  },
  {
    name: 'Upgrade without Connection is no upgrade',
    send: get('/free', 'Upgrade: websocket'),
    status: [200],
    sees: { without: ['upgrade'] },
  },
  {
    name: 'websocket that the monolith refuses',
    send: get(
      '/free',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ),
    answer: 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    answerCloses: true,
    status: [426],
    sees: { fields: ['upgrade: websocket'] },
  },
  {
    name: 'a WebSocket handshake is checked too',
    send: request(['GET /free/../x HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: websocket']),
    ...refused,
  },
  {
    name: 'a WebSocket handshake with two Hosts',
    send: get('/free', host, 'Connection: Upgrade', 'Upgrade: websocket'),
    ...refused,
  },
  // Forwarded fields: this client's address is not trusted.
  {
    name: 'X-Forwarded-For of an untrusted client is replaced',
    send: get('/free', 'X-Forwarded-For: 6.6.6.6'),
    status: [200],
    sees: { fields: ['X-Forwarded-For: 127.0.0.1'] },
  },
  {
    name: 'X-Forwarded-For spelled otherwise is replaced',
    send: get('/free', 'x-forwarded-FOR: 6.6.6.6', 'X-Forwarded-For: 7.7.7.7'),
    status: [200],
    sees: { fields: ['X-Forwarded-For: 127.0.0.1'] },
  },
  {
    name: 'X-Forwarded-Proto is replaced',
    send: get('/free', 'X-Forwarded-Proto: https'),
    status: [200],
    sees: { fields: ['X-Forwarded-Proto: http'] },
  },
  {
    name: 'X-Forwarded-Host is replaced',
    send: get('/free', 'X-Forwarded-Host: evil.example'),
    status: [200],
    sees: { fields: ['X-Forwarded-Host: shop.example'] },
  },
  {
    name: 'Forwarded, X-Real-IP and X-Forwarded-Port are dropped',
    send: get('/free', 'Forwarded: for=6.6.6.6', 'X-Real-IP: 6.6.6.6', 'X-Forwarded-Port: 1'),
    status: [200],
    sees: { without: ['forwarded', 'x-real-ip', 'x-forwarded-port'] },
  },
  {
    name: 'x-banyan-side of an untrusted client is dropped',
    send: get('/things/1', 'X-Banyan-Side: service'),
    status: [200],
    gets: { body: 'ok' },
    sees: { without: ['x-banyan-side'] },
  },
  { name: 'Via is begun', send: get('/free'), status: [200], sees: { fields: ['Via: 1.1 banyan'] } },
  {
    name: 'Via is continued',
    send: get('/free', 'Via: 1.0 fred'),
    status: [200],
    sees: { fields: ['Via: 1.0 fred, 1.1 banyan'] },
  },
  {
    name: 'a request id is kept',
    send: get('/free', 'X-Request-Id: abc'),
    status: [200],
    sees: { fields: ['X-Request-Id: abc'] },
  },
  {
    name: 'traceparent is kept',
    send: get('/free', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
    status: [200],
    sees: { fields: ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'] },
  },
  // What must not be touched.
  {
    name: 'spelling and order stay',
    send: get('/free', 'x-B: 1', 'X-a: 2', 'X-C: 3'),
    status: [200],
    sees: { fields: ['x-B: 1', 'X-a: 2', 'X-C: 3'] },
  },
  {
    name: 'duplicates stay apart, in order',
    send: get('/free', 'X-A: 1', 'X-B: 2', 'X-A: 3'),
    status: [200],
    sees: { fields: ['X-A: 1', 'X-B: 2', 'X-A: 3'] },
  },
  {
    name: 'cookies stay apart',
    send: get('/free', 'Cookie: a=1', 'Cookie: b=2'),
    status: [200],
    sees: { fields: ['Cookie: a=1', 'Cookie: b=2'] },
  },
  {
    name: 'an empty value stays',
    send: get('/free', 'X-Empty:'),
    status: [200],
    sees: { fields: ['X-Empty: '] },
  },
  {
    name: 'octets above 127 in a value stay',
    send: get('/free', 'X-Latin: caf\xe9'),
    status: [200],
    sees: { fields: ['X-Latin: caf\xe9'] },
  },
  {
    name: 'a tab inside a value stays',
    send: get('/free', 'X-Tab: a\tb'),
    status: [200],
    sees: { fields: ['X-Tab: a\tb'] },
  },
  {
    name: 'Authorization, Accept-Encoding and Range stay',
    send: get('/free', 'Authorization: Bearer x', 'Accept-Encoding: gzip', 'Range: bytes=0-1'),
    status: [200],
    sees: { fields: ['Authorization: Bearer x', 'Accept-Encoding: gzip', 'Range: bytes=0-1'] },
  },
  {
    name: 'many fields stay',
    send: get('/free', ...[...Array(300).keys()].map((n) => `X-${n}: ${n}`)),
    status: [200],
    sees: { fields: [...Array(300).keys()].map((n) => `X-${n}: ${n}`) },
  },
  {
    name: '__proto__ is a name like any other',
    send: get('/free', '__proto__: 1', 'constructor: 2'),
    status: [200],
    sees: { fields: ['__proto__: 1', 'constructor: 2'] },
  },
  // Expectations (RFC 9110 §10.1.1).
  {
    name: '100-continue with the body behind',
    send: post(['Expect: 100-continue', 'Content-Length: 2'], 'ab'),
    status: [100, 200],
    sees: { body: 'ab', without: ['expect'] },
  },
  {
    name: '100-continue in capitals',
    send: post(['Expect: 100-Continue', 'Content-Length: 2'], 'ab'),
    status: [100, 200],
    sees: { body: 'ab' },
  },
  {
    name: '100-continue of HTTP/1.0 is ignored',
    send: request(['POST /free HTTP/1.0', host, 'Expect: 100-continue', 'Content-Length: 2'], 'ab'),
    status: [200],
    closes: true,
    sees: { body: 'ab' },
  },
  {
    name: '100-continue without a body',
    send: get('/free', 'Expect: 100-continue'),
    status: [200],
    sees: { requests: 1 },
  },
  { name: 'an unknown expectation', send: get('/free', 'Expect: the-unexpected'), status: [417], sees: null },
  {
    name: 'a refused request gets no 100',
    send: request(['POST /free HTTP/1.1', host, host, 'Expect: 100-continue', 'Content-Length: 2'], 'ab'),
    ...refused,
  },
  // Connections (RFC 9112 §9).
  { name: 'HTTP/1.1 stays open', send: get('/free'), status: [200], closes: false },
  { name: 'HTTP/1.0 closes', send: request(['GET /free HTTP/1.0', host]), status: [200], closes: true },
  {
    name: 'HTTP/1.0 with keep-alive stays open',
    send: request(['GET /free HTTP/1.0', host, 'Connection: keep-alive']),
    status: [200],
    closes: false,
  },
];
