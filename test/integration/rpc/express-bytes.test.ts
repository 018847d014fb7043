import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway } from 'banyan/rpc';
import express from 'express';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatewayFor, type TestGateway } from '../../support/rpc/gateway-for.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

/** The gateway's replies beside those of an Express monolith for the same rows: not a byte may tell them apart. */
const idlText = `
enum Status { draft = 1, live = 2 }
struct Row {
  1: required i64 id
  2: required string name
  3: required double ratio
  4: required bool flag
  5: required Status status (api.enum = "name")
  6: required i64 at (api.date = "iso")
  7: optional string note (api.null = "keep")
  8: required list<double> ratios
  9: required map<string, string> texts
  10: optional i32 count
  11: required string price (api.raw_json = "")
  12: required list<i64> days (api.date = "iso")
  13: required i64 exact (api.js_conv = "")
}
service Rows { Row row() (api.get = "/row", api.etag = "weak") }`;

interface Row {
  id: number;
  name: string;
  ratio: number;
  flag: boolean;
  status: 'draft' | 'live';
  at: Date;
  note: string | null;
  ratios: number[];
  texts: Record<string, string>;
  count?: number;
  price: number;
  days: Date[];
  exact: string;
}

let row: Row;
let legacy: Server;
let rpc: TestGateway;
let gateway: Gateway;

beforeAll(async () => {
  const app = express();
  app.get('/row', (_, response) => void response.json(row));
  legacy = app.listen(0, '127.0.0.1');
  await once(legacy, 'listening');
  rpc = await gatewayFor(idlText, {
    row: () => ({
      ...row,
      status: row.status === 'draft' ? 1 : 2,
      at: row.at.getTime(),
      note: row.note ?? undefined,
      price: JSON.stringify(row.price),
      days: row.days.map((day) => day.getTime()),
      exact: BigInt(row.exact),
    }),
  });
  gateway = rpc.gateway;
});
afterAll(async () => {
  await rpc.stop();
  legacy.close();
});

const text = fc.oneof(
  fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed()),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '\u2028\u2029',
    '\u007f\u0080\u0000\u001f',
    '"\\/\b\f\n\r\t',
    '👩‍👩‍👧‍👦',
    '</script>',
    '\ufeff',
    '\uffff',
  ),
);
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    1,
    1.0,
    0.1 + 0.2,
    1e21,
    1e20,
    123456789012345680000,
    1e-6,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    2 ** 53,
    -(2 ** 53) - 2,
  ),
);
const date = fc.date({ noInvalidDate: true });
const rows: fc.Arbitrary<Row> = fc.record(
  {
    id: fc.maxSafeInteger(),
    name: text,
    ratio: double,
    flag: fc.boolean(),
    status: fc.constantFrom('draft', 'live'),
    at: date,
    note: fc.option(text),
    ratios: fc.array(double),
    // Objects of JavaScript sort keys that are integers; a map keeps the order of its bytes.
    texts: fc.dictionary(
      text.map((key) => `k${key}`),
      text,
    ),
    count: fc.integer(),
    price: double,
    days: fc.array(date, { maxLength: 3 }),
    exact: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  },
  {
    requiredKeys: [
      'id',
      'name',
      'ratio',
      'flag',
      'status',
      'at',
      'note',
      'ratios',
      'texts',
      'price',
      'days',
      'exact',
    ],
  },
);

test('the same rows are the same bytes, tags and lengths', async () => {
  const { port } = legacy.address() as AddressInfo;
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      // In the order of the IDL, as a monolith's query selects its columns.
      const { count, price, days, exact, ...first } = given;
      row = { ...first, ...(count === undefined ? {} : { count }), price, days, exact };
      const old = await fetch(`http://127.0.0.1:${port}/row`);
      const reply = await gateway.invoke('row', httpInput('GET', '/row'));
      expect(String(reply.body)).toBe(await old.text());
      const headers = new Headers();
      for (let i = 0; i < reply.rawHeaders.length; i += 2) {
        headers.append(reply.rawHeaders[i]!, reply.rawHeaders[i + 1]!);
      }
      expect(reply.status).toBe(old.status);
      for (const name of ['content-type', 'content-length', 'etag']) {
        expect([name, headers.get(name)]).toEqual([name, old.headers.get(name)]);
      }
    }),
    { numRuns: 150 },
  );
});
