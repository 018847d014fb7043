import express from 'express';
import { expect, test } from 'vitest';
import { twoSides } from '../../support/rpc/two-sides.ts';

/** A monolith that validates by hand, and a gateway that does it by `api.vd`. */
const idlText = `
struct Line { 1: required i32 count (api.vd = "$ > 0; msg: 'count must be positive'"), 2: optional list<Line> parts }
struct Order {
  1: required string sku (api.vd = "regexp('^SKU-[0-9]+$'); msg: sprintf('%s is no SKU', $)")
  2: required list<Line> lines (api.vd = "len($) > 0 && len($) < 4; msg: 'one to three lines'")
  3: optional i64 least (api.query = "least")
  4: optional i64 most (api.query = "most", api.vd = "$ >= (Least)$; msg: 'most is below least'")
  5: i32 page = 0 (api.query = "page", api.vd = "$ < 10")
}
service Orders { string place(1: Order order) (api.post = "/orders") }
(api.error_body = '{"error":"$message","at":"$at"}')`;

interface Line {
  count: number;
  parts?: Line[];
}

function faultOf(lines: Line[], at: string): [string, string] | null {
  for (const [i, { count, parts }] of lines.entries()) {
    if (count <= 0) return ['count must be positive', `${at}[${i}].count`];
    const inner = faultOf(parts ?? [], `${at}[${i}].parts`);
    if (inner !== null) return inner;
  }
  return null;
}

const app = express().disable('etag');
app.post('/orders', express.json(), (request, response) => {
  const { sku, lines } = request.body as { sku: string; lines: Line[] };
  const { least, most, page } = request.query;
  const fault: [string, string] | null = !/^SKU-[0-9]+$/.test(sku)
    ? [`${sku} is no SKU`, 'body.sku']
    : lines.length < 1 || lines.length > 3
      ? ['one to three lines', 'body.lines']
      : (faultOf(lines, 'body.lines') ??
        (most !== undefined && Number(most) < Number(least)
          ? ['most is below least', 'query.most']
          : Number(page ?? 0) >= 10
            ? ['query.page is not valid', 'query.page']
            : null));
  if (fault === null) response.json('ok');
  else response.status(400).json({ error: fault[0], at: fault[1] });
});

test('validators are those of a monolith, in its own words', async () => {
  await using sides = await twoSides(idlText, { place: () => 'ok' }, app);
  const line = { count: 1 };
  for (const [query, order] of [
    ['', { sku: 'SKU-1', lines: [line] }],
    ['', { sku: 'x"<', lines: [line] }],
    ['', { sku: 'SKU-1', lines: [] }],
    ['', { sku: 'SKU-1', lines: [line, line, line, line] }],
    ['', { sku: 'SKU-1', lines: [line, { count: 0 }] }],
    ['', { sku: 'SKU-1', lines: [{ count: 1, parts: [line, { count: -1 }] }] }],
    ['?least=5&most=4', { sku: 'SKU-1', lines: [line] }],
    ['?least=5&most=5', { sku: 'SKU-1', lines: [line] }],
    ['?page=10', { sku: 'SKU-1', lines: [line] }],
  ] as const) {
    const head = `POST /orders${query}\nContent-Type: application/json`;
    const { legacy, service } = await sides.ask(head, JSON.stringify(order));
    expect([query, order, service.status, service.headers, String(service.body)]).toEqual([
      query,
      order,
      legacy.status,
      legacy.headers,
      String(legacy.body),
    ]);
  }
});
