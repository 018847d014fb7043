import express from 'express';
import { expect, test } from 'vitest';
import { twoSides } from '../../support/rpc/two-sides.ts';

/** Nested parameters as Express's extended parser takes them apart. */
const idlText = `
struct Range { 1: optional i32 _gt, 2: optional i32 _lt, 3: optional list<string> _in }
struct Item { 1: required i32 id, 2: optional bool on }
struct Filter {
  1: optional Range price
  2: optional list<string> tags
  3: optional map<string, string> where
  4: optional list<Item> items
  5: optional Filter and
  6: optional string name (api.body = "n-m")
}
service Search {
  Filter brackets(1: optional Filter filter (api.query = "filter", api.nested = "brackets")) (api.get = "/brackets")
  Filter dots(1: optional Filter filter (api.query = "filter", api.nested = "dots")) (api.get = "/dots")
  list<string> tags(1: optional list<string> tags (api.query = "tags", api.nested = "brackets")) (api.get = "/tags")
  string last(1: string q (api.query = "q", api.several = "last")) (api.get = "/last")
}`;
const handlers = {
  brackets: (filter: object = {}) => filter,
  dots: (filter: object = {}) => filter,
  tags: (tags: string[] = []) => tags,
  last: (q: string) => q,
};
const numbers = new Set(['_gt', '_lt', 'id']);

function typed(value: unknown, name = ''): unknown {
  if (typeof value === 'string')
    return numbers.has(name) ? Number(value) : name === 'on' ? value === 'true' : value;
  if (Array.isArray(value)) return value.map((one) => typed(one));
  return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, typed(one, key)]));
}

const app = express().set('query parser', 'extended').disable('etag');
app.get('/brackets', (request, response) => void response.json(typed(request.query.filter ?? {})));
app.get('/tags', (request, response) => void response.json([request.query.tags ?? []].flat()));
app.get('/last', (request, response) => void response.json([request.query.q].flat().at(-1)));

test('parameters with parts are what qs makes of them', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  for (const target of [
    '/brackets',
    '/brackets?filter[price][_gt]=1&filter[price][_lt]=9',
    '/brackets?filter%5Bprice%5D%5B_gt%5D=1',
    '/brackets?filter[tags][]=a&filter[tags][]=b%20c',
    '/brackets?filter[tags]=a&filter[tags]=b',
    '/brackets?filter[price][_in][]=x&filter[price][_in][]=y',
    '/brackets?filter[where][color]=blue&filter[where][size]=L&other[where]=1',
    '/brackets?filter[items][0][id]=7&filter[items][0][on]=true&filter[items][1][id]=8',
    '/brackets?filter[items][3][id]=7&filter[items][9][id]=8',
    '/brackets?filter[and][and][n-m]=%ED%95%9C',
    '/tags?tags[]=a&tags[]=b',
    '/tags?tags=a',
    '/tags?tags[1]=b&tags[0]=a',
    '/tags',
    '/last?q=1&q=2',
  ]) {
    const { legacy, service } = await sides.ask(`GET ${target}`);
    expect([target, service.status, String(service.body)]).toEqual([
      target,
      legacy.status,
      String(legacy.body),
    ]);
  }
});

test('dots, and what cannot be taken', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  const ask = async (target: string): Promise<string> => {
    const { service } = await sides.ask(`GET ${target}`);
    return `${service.status} ${service.body}`;
  };
  expect(await ask('/dots?filter.price._gt=1&filter.where.color=blue&filter.tags=a&filter.tags=b')).toBe(
    '200 {"price":{"_gt":1},"tags":["a","b"],"where":{"color":"blue"}}',
  );
  for (const [target, message] of [
    ['/brackets?filter[price][_gt]=x', 'query.filter.price._gt must be an integer'],
    ['/brackets?filter[price]=1', 'query.filter.price must have named parts'],
    ['/brackets?filter[items][0][on]=true', 'query.filter.items[0].id is missing'],
    ['/brackets?filter[items][x][id]=1', 'query.filter.items.x must be an element by its number'],
    ['/brackets?filter[n-m][x]=1', 'query.filter.n-m must be one value, without parts'],
    [`/brackets?filter${'[and]'.repeat(40)}[n-m]=1`, null],
  ] as const) {
    const answer = await ask(target);
    if (message === null) expect(answer).toBe('200 {}');
    else
      expect([target, answer]).toEqual([
        target,
        `400 ${JSON.stringify({ error: { code: 'bad_request', message } })}`,
      ]);
  }
});
