import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGateway, httpRoutes, loadIdl, openApiDocument, typescriptTypes } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { idlFaultsOf, idlWarningsOf } from '../../support/rpc/idl-faults.ts';

/** One service in our words, in those of ByteDance's older tools, and in Go's tags. */
const ours = `
struct Extra { 1: optional string lang (api.header = "X-Lang"), 2: optional string source (api.query = "src") }
struct Request {
  1: required i64 spaceId (api.path = "space_id", api.js_conv = "")
  2: optional string keyWord (api.query = "key_word")
  3: optional string title (api.body = "the_title")
  4: optional string layout (api.raw_json = "")
  5: optional string token (api.cookie = "token")
  6: optional string hidden (api.none = "")
  7: optional Extra extra (api.no_body_struct = "")
}
struct Reply { 1: required i64 itemId (api.js_conv = "", api.body = "item_id"), 2: i32 code (api.http_code = ""), 3: string tag (api.header = "ETag") }
service S { Reply save(1: Request request) (api.post = "/spaces/:space_id") }`;
const agw = `
struct Extra { 1: optional string lang (agw.source = "header", agw.key = "X-Lang"), 2: optional string source (agw.source = "query", janus.key = "src") }
struct Request {
  1: required i64 spaceId (agw.source = "path", agw.js_conv = "str")
  2: optional string keyWord (janus.source = "query")
  3: optional string title (agw.key = "the_title")
  4: optional string layout (agw.body_dynamic = "")
  5: optional string token (agw.source = "cookie")
  6: optional string hidden (agw.target = "ignore")
  7: optional Extra extra (agw.source = "not_body_struct")
} (agw.to_snake = "true")
struct Reply { 1: required i64 itemId (agw.js_conv = "str", agw.to_snake = ""), 2: i32 code (agw.target = "http_code"), 3: string tag (agw.target = "header", agw.key = "ETag") }
service S { Reply save(1: Request request) (agw.uri = "/spaces/:space_id", agw.method = "POST", agw.preserve_base = "true") }`;
const goTags = `
struct Extra { 1: optional string lang (go.tag = 'header:"X-Lang"'), 2: optional string source (go.tag = "query:\\"src\\" json:\\"-\\"") }
struct Request {
  1: required i64 spaceId (go.tag = 'path:"space_id" json:"-"', api.js_conv = "true")
  2: optional string keyWord (go.tag = 'query:"key_word"')
  3: optional string title (go.tag = 'json:"the_title,omitempty" gorm:"index"')
  4: optional string layout (agw.body_dynamic = "", go.tag = 'json:"layout"')
  5: optional string token (go.tag = 'cookie:"token"')
  6: optional string hidden (go.tag = 'json:"-"')
  7: optional Extra extra (api.no_body_struct = "")
}
struct Reply { 1: required i64 itemId (api.js_conv = "true", go.tag = 'json:"item_id,string"'), 2: i32 code (api.http_code = "status"), 3: string tag (go.tag = 'header:"ETag"') }
service S { Reply save(1: Request request) (api.post = "/spaces/:space_id") }`;

/** Names as hz copies them into tags of Go, with what their readers take besides. */
const tagged = ours.replaceAll(/(api\.(?:query|body|cookie|header) = "[^"]+)"/g, '$1,required"');

test.each([
  ['agw.*', agw],
  ['go.tag', goTags],
  ['a name with an option of a tag', tagged],
])('%s says what api.* says', async (_, text) => {
  await using files = await idlFiles({ 'ours.thrift': ours, 'theirs.thrift': text });
  const [expected, found] = await Promise.all(
    ['ours.thrift', 'theirs.thrift'].map(async (name) => {
      const idl = await loadIdl(files.path(name));
      return { routes: httpRoutes(idl, 'S'), api: openApiDocument(idl, 'S') };
    }),
  );
  expect(found).toEqual(expected);
  expect(JSON.stringify(expected)).toContain('x-lang');
});

test('what other tools read is noted once, and keeps nothing from being served', async () => {
  const text = `struct A {
  1: required i64 id (api.path = "id", api.js_conv = "true", agw.js_conv = "str", vt.gt = "0")
  2: list<string> ids (api.js_conv = "true"), 3: string p (api.protobuf = "p"),
  4: string n (api.body = "n", go.tag = 'json:"m"')
  5: string w (api.path = "gone", agw.cli_conv = "str")
}
service S { void f(1: A a) (api.post = "/x/:id/:rest", streaming.mode = "server", agw.preserve_base = "true") } (openapi.document = '{
  title: "a service",
}')`;
  expect(await idlWarningsOf(text)).toEqual([
    '7:133 UNPORTABLE this string has several lines, which the official compiler refuses',
    '7:83 ANNOTATION_IGNORED agw.preserve_base has no effect here: banyan does not know it',
    '3:24 ANNOTATION_IGNORED api.js_conv is for i64, and ids has none',
    '3:60 ANNOTATION_IGNORED api.protobuf has no effect here: banyan does not know it',
    '4:32 ANNOTATION_IGNORED go.tag names n "m", and its annotations "n", which counts',
    '5:35 ANNOTATION_IGNORED agw.cli_conv has no effect here: banyan does not know it',
    '5:3 ANNOTATION_IGNORED no :gone in the path of f',
    '7:18 ANNOTATION_IGNORED nothing takes the path parameter :rest: any value of it is the same',
  ]);
});

test('words of Thrift are names of fields, members and methods, as thriftgo has them', async () => {
  const text = `enum E { list, set = 4 }
struct A { 1: list<string> list = ["a"], 2: string namespace, 3: optional i32 required, 4: E include = E.set }
service S { string service(1: string optional) }`;
  expect(await idlFaultsOf({ 'a.thrift': text })).toEqual([]);
  expect((await idlWarningsOf(text)).filter((one) => one.includes('RESERVED'))).toHaveLength(8);
  const forgotten = 'struct A {\n  1: i32\n  required i32 b\n}';
  expect(await idlFaultsOf({ 'a.thrift': forgotten })).toEqual([
    'a.thrift:2:9 SYNTAX the name of the field is missing',
  ]);
});

test.each([
  'struct A {',
  'struct A { 1: i32 a',
  'enum E { a = 1',
  'service S { void f()',
  'struct A { 1: i32 a oneway',
])('a bracket that nobody closed ends where the next definition begins: %j', async (text) => {
  const files = { 'a.thrift': `${text}\nstruct B { 1: Nope b }\nexception C { 1: i32 c }` };
  const faults = await idlFaultsOf(files);
  expect(faults).toHaveLength(2);
  expect(faults[0]).toContain(' SYNTAX ');
  expect(faults[1]).toBe('a.thrift:2:15 NAME type Nope is not declared');
});

test('a string that nobody closed takes nothing with it', async () => {
  const text = 'struct A {\n  1: string a (x = "open)\n  2: string b (y = "z")\n  3: Nope c\n}';
  expect(await idlFaultsOf({ 'a.thrift': text })).toEqual([
    'a.thrift:2:20 SYNTAX this string has no end on its line',
    'a.thrift:4:6 NAME type Nope is not declared',
  ]);
});

test('constants by a typedef, by the last part of a name, and uuids in braces', async () => {
  await using files = await idlFiles({
    'a.thrift': `include "deep/types.thrift"
typedef types.Kind F
typedef F G
struct A { 1: F f = F.two, 2: types.Kind g = G.two, 3: types.Kind h = nowhere.Kind.two, 4: types.Alias i = types.Alias.two
5: uuid u = "{550e8400-e29b-41d4-a716-446655440000}", 6: i32 n = F.two }`,
    'deep/types.thrift': 'enum Kind { one = 1, two = 2 }\ntypedef Kind Alias',
  });
  const idl = await loadIdl(files.path('a.thrift'));
  const { fields } = idl.structs.find((one) => one.name === 'A')!;
  expect(fields.map((one) => one.defaultValue)).toEqual([
    2,
    2,
    2,
    2,
    '550e8400-e29b-41d4-a716-446655440000',
    2,
  ]);
  expect(idl.warnings.map((one) => one.what)).toEqual([
    'nowhere.Kind is not declared: two is taken for the member of Kind',
  ]);
});

test('includes are found beside their file, then in folders; one that is missing matters where it is used', async () => {
  await using files = await idlFiles({
    'a.thrift': 'include "gone.thrift"\ninclude "shared/base.thrift"\nstruct A { 1: base.Base base }',
    'lib/shared/base.thrift': 'include "../types.thrift"\nstruct Base { 1: types.T t }',
    'lib/types.thrift': 'struct T { 1: i32 n }',
  });
  const file = files.path('a.thrift');
  await expect(loadIdl(file)).rejects.toThrow(/a\.thrift:2:1: .*base\.thrift cannot be read.*-I/);
  const idl = await loadIdl(file, { includes: [files.path('nowhere'), files.path('lib')] });
  expect(idl.files.map((one) => one.replace(files.path(''), ''))).toEqual([
    '/a.thrift',
    '/lib/shared/base.thrift',
    '/lib/types.thrift',
  ]);
  expect(idl.warnings).toMatchObject([
    {
      code: 'BANYAN_IDL_UNPORTABLE',
      what: expect.stringMatching(/gone\.thrift cannot be read.*nothing of it is used/),
    },
  ]);
});

test('types are written in spite of annotations; no gateway serves them', async () => {
  await using files = await idlFiles({
    'a.thrift': 'struct A { 1: i32 n (api.header = "Connection") }\nservice S { A f() (api.get = "x") }',
  });
  const file = files.path('a.thrift');
  await expect(loadIdl(file)).rejects.toMatchObject({ code: 'BANYAN_IDL_INVALID' });
  const idl = await loadIdl(file, { annotations: 'are of no account' });
  expect(idl.annotationFaults).toHaveLength(2);
  expect(typescriptTypes(idl)).toContain('interface A');
  for (const serve of [
    () => httpRoutes(idl, 'S'),
    () => openApiDocument(idl, 'S'),
    () => createGateway({ idl, service: 'S', client: {} as never }),
  ]) {
    expect(serve).toThrow(/has 2 faults/);
  }
});

test('an option of a tag behind a name is told of', async () => {
  expect(
    await idlWarningsOf(
      'struct A { 1: i32 n (api.query = "n,required") } service S { void f(1: A a) (api.get = "/") }',
    ),
  ).toEqual([expect.stringMatching(/^1:22 ANNOTATION_IGNORED "n,required" is taken as the name n: /)]);
});

test('IDLs of services, as teams that use Hertz, Kitex and older tools write them, are served', async () => {
  const folder = fileURLToPath(new URL('../../../scripts/soak/idl-differential/services/', import.meta.url));
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const routes = await Promise.all(
    files.map(async (file) => {
      const idl = await loadIdl(file);
      return [...idl.services.keys()].flatMap((service) => httpRoutes(idl, service)).length;
    }),
  );
  expect(routes.filter((count) => count > 0)).toHaveLength(files.length - 1);
});
