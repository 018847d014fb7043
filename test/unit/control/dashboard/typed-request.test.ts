import { expect, test } from 'vitest';
import { readTyped } from '../../../../control/dashboard/client/pure/curl.ts';

const get = (target: string, headers: readonly (readonly [string, string])[] = []) => ({
  method: 'GET',
  target,
  headers,
});

test.each([
  ['GET /api/products/7', get('/api/products/7')],
  ['/api/products?q=a b', null],
  ['/api/products?q=a%20b', get('/api/products?q=a%20b')],
  [
    'delete https://shop.example/x HTTP/1.1\nX-User-Id: 42\n\nCookie: a=b; c="d"',
    {
      method: 'DELETE',
      target: 'https://shop.example/x',
      headers: [
        ['X-User-Id', '42'],
        ['Cookie', 'a=b; c="d"'],
      ],
    },
  ],
  ['GET /x\nno header', null],
  ['hello', null],
  ['', null],
  ['curl http://127.0.0.1:8080/a', get('http://127.0.0.1:8080/a')],
  ['curl shop.example/a#part', get('http://shop.example/a')],
  [
    `curl 'https://shop.example/a?b=c&d' \\\n  -H 'x-user-id: 42' \\\n  --compressed -s -o /dev/null`,
    get('https://shop.example/a?b=c&d', [['x-user-id', '42']]),
  ],
  [
    'curl --header="A: b" -XPUT -b "s=1; t=2" -A "it\'s me" https://h/x',
    {
      method: 'PUT',
      target: 'https://h/x',
      headers: [
        ['A', 'b'],
        ['cookie', 's=1; t=2'],
        ['user-agent', "it's me"],
      ],
    },
  ],
  [
    `curl https://h/x --data-raw $'{"a":"it\\'s\\n"}'`,
    { method: 'POST', target: 'https://h/x', headers: [] },
  ],
  ['curl -G -d q=1 https://h/x', get('https://h/x')],
  ['curl -I --url https://h/x', { method: 'HEAD', target: 'https://h/x', headers: [] }],
  ['curl -u anna:x /x', get('/x', [['authorization', 'Basic YW5uYTp4']])],
  ['curl -H', null],
  ["curl 'unended", get('http://unended')],
])('%j is read', (text, request) => {
  expect(readTyped(text)).toEqual(request);
});
