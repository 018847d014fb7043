import { loadIdl } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { idlWarningsOf } from '../../support/rpc/idl-faults.ts';

test('annotations without effect', async () => {
  const text = `struct Item { 1: string name, 2: string hidden (api.header = "X-H"), 3: string quiet (api.none = "") }
struct Items { 1: list<Item> items, 2: string kept (api.header = "X-K") }
service S { Items f(1: i32 n) (api.get = "/x", api.category = "demo", api.handler_path = "a/b") }
`;
  expect(await idlWarningsOf(text)).toEqual([
    '3:48 ANNOTATION_IGNORED api.category has no effect here: it tells catalogues of APIs where it belongs',
    '3:71 ANNOTATION_IGNORED api.handler_path has no effect here: it tells Hertz where to write handlers',
    '1:31 ANNOTATION_IGNORED hidden is no member of the JSON where Item stands inside something else',
  ]);
});

test('names that the official compiler refuses', async () => {
  await using folder = await idlFiles({
    'a.thrift': `struct Page {
  1: optional i64 next
  2: i32 end (api.query = "end")
}
enum E { fine, with }
service S { Page from(1: i64 until) (api.get = "/x") }
struct async { 1: i32 xsd_all }
`,
  });
  const file = folder.path('a.thrift');
  const { warnings } = await loadIdl(file);
  expect(warnings.map((one) => `${one.at!.replace(file, '')} ${one.what.replace(/ has .*/, '')}`)).toEqual([
    ':2:3 field next',
    ':3:3 field end',
    ':7:8 struct async',
    ':7:16 field xsd_all',
    ':5:16 member of E with',
    ':6:18 method from',
    ':6:23 field until',
  ]);
  expect(warnings[0]).toMatchObject({
    code: 'BANYAN_IDL_RESERVED_WORD',
    fix: 'Rename it; (api.body = "next") keeps its name in JSON, (api.query = "next") in a query.',
  });
});

test('what the official compiler refuses, or reads in its own way', async () => {
  const text = `service Above extends Below {}
service Below { void f(i32 first, 0: i32 second) }
const i32 LATER = LAST
const i32 LAST = 7
struct A { 1: Kind kind = Kind.x, 2: Kind short = x, 3: optional Later fine, -9: i32 negative }
enum Kind { x }
struct Later { 1: Kind kind = Kind.x, 2: i32 last = LAST }
union U { 1: i32 a = 5, 2: string b }
`;
  expect(await idlWarningsOf(text)).toEqual([
    '1:23 UNPORTABLE Below stands above its declaration, where the official compiler does not know it',
    '2:24 UNPORTABLE first has no field id, and travels as -1',
    '2:35 UNPORTABLE 0 is no field id, and second travels as -2',
    '3:19 UNPORTABLE LAST stands above its declaration, where the official compiler does not know it',
    '5:78 UNPORTABLE -9 is no field id, and negative travels as -1',
    '8:11 UNPORTABLE the default of a has no effect: the one that is given counts',
    '5:27 UNPORTABLE Kind.x stands above its declaration, where the official compiler does not know it',
    '5:51 UNPORTABLE x is a member of Kind, which the official compiler wants to be named',
  ]);
});
