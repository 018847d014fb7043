import express from 'express';
import fc from 'fast-check';
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
  Filter form(1: optional Filter filter (api.form = "filter", api.nested = "brackets")) (api.post = "/form")
  map<string, string> everything(1: map<string, string> all (api.query = "*")) (api.get = "/everything")
  Filter whole(1: Filter filter (api.form = "*", api.nested = "brackets")) (api.post = "/whole")
  map<string, list<string>> several(1: optional map<string, list<string>> where (api.query = "where", api.nested = "brackets")) (api.get = "/several")
  string last(1: string q (api.query = "q", api.several = "last")) (api.get = "/last")
}`;
const handlers = {
  brackets: (filter: object = {}) => filter,
  dots: (filter: object = {}) => filter,
  form: (filter: object = {}) => filter,
  everything: (all: object) => all,
  whole: (filter: object) => filter,
  several: (where: object = {}) => where,
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
const form = express.urlencoded({ extended: true });
app.post('/form', form, (request, response) => void response.json(typed(request.body?.filter ?? {})));
app.post('/whole', form, (request, response) => void response.json(typed(request.body ?? {})));
app.get('/several', (request, response) => {
  const where = Object.entries((request.query.where ?? {}) as Record<string, string | string[]>);
  response.json(Object.fromEntries(where.map(([key, value]) => [key, [value].flat()])));
});
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
    '/several?where[a]=1&where[a]=2&where[b][]=3',
    '/several?where[a][]=50%&where[%ff]=1',
  ]) {
    const { legacy, service } = await sides.ask(`GET ${target}`);
    expect([target, service.status, String(service.body)]).toEqual([
      target,
      legacy.status,
      String(legacy.body),
    ]);
  }
});

const names = fc.constantFrom('color', 'n-m', 'a.b', 'a+b', '%ED%95%9C', '%zz', '%ff');
const value = fc.constantFrom('1', '22', 'true', 'a+b', '%ED%95%9C', '50%', '', '%ff');

/** Shapes that the IDL has (qs makes a list of a map whose keys are numbers, which nobody who wrote a map wants), in any mixture: what else there is, the next test tells of. */
const shape = fc.oneof(
  value.map((one) => `[price][_gt]=${/^\d+$/.test(one) ? one : '7'}`),
  value.map((one) => `[tags][]=${one}`),
  value.map((one) => `[price][_in][]=${one}`),
  fc.tuple(names, value).map(([name, one]) => `[where][${name}]=${one}`),
  fc.tuple(fc.integer({ min: 0, max: 3 }), value).map(([i]) => `[items][${i}][id]=${i + 5}`),
  value.map((one) => `[and][and][n-m]=${one}`),
);

test('random filters in queries and forms are what qs makes of them', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  const type = 'Content-Type: application/x-www-form-urlencoded';
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(shape, { selector: (one) => one.split('=')[0]!, maxLength: 5 }),
      async (given) => {
        // The members of structs have the order of the IDL, and of qs that of the query.
        const parts = given.toSorted((a, b) => order(a) - order(b));
        const filter = parts.map((part) => `filter${part}`).join('&');
        const whole = parts.map((part) => part.replace(/^\[(\w+)\]/, '$1')).join('&');
        for (const [head, body] of [
          [`GET /brackets?${filter}`, ''],
          [`GET /brackets?${filter.replaceAll('[', '%5B').replaceAll(']', '%5d')}`, ''],
          [`POST /form\n${type}`, filter],
          [`POST /whole\n${type}`, whole === '' ? 'z=1' : whole],
        ] as const) {
          const { legacy, service } = await sides.ask(head, body);
          const expected = whole === '' && head.startsWith('POST /whole') ? '{}' : String(legacy.body);
          expect([head, body, service.status, String(service.body)]).toEqual([
            head,
            body,
            legacy.status,
            expected,
          ]);
        }
      },
    ),
    { numRuns: 80 },
  );
});

function order(part: string): number {
  const [, first = '', second = ''] = part.split('[');
  return (
    ['price]', 'tags]', 'where]', 'items]', 'and]'].indexOf(first) * 10 +
    ['_gt]', '_in]', '0]', '1]', '2]', '3]'].indexOf(second)
  );
}

test('all parameters as a map', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  const { service } = await sides.ask('GET /everything?a=1&b%5Bc%5D=%26&a.b=');
  expect(String(service.body)).toBe('{"a":"1","b[c]":"&","a.b":""}');
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
    [`/brackets?filter${'[and]'.repeat(80)}[n-m]=1`, null],
  ] as const) {
    const answer = await ask(target);
    if (message === null) expect(answer).toMatch(/^400 .*is nested deeper than 64/);
    else
      expect([target, answer]).toEqual([
        target,
        `400 ${JSON.stringify({ error: { code: 'bad_request', message } })}`,
      ]);
  }
});
