import { readFile } from 'node:fs/promises';
import { loadIdl } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { BanyanError } from '../../../common/errors.ts';
import { annotationNames } from '../../../rpc/http/annotations.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';

async function faultsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  await using folder = await idlFiles(files);
  const root = folder.path('a.thrift');
  try {
    await loadIdl(root);
    return [];
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    expect(error.code).toBe('BANYAN_IDL_INVALID');
    const where = root.replace('a.thrift', '');
    return error.faults.map((fault) => {
      expect(fault.fix).not.toBe('');
      return `${fault.at!.replaceAll(where, '')} ${fault.code.replace('BANYAN_IDL_', '')} ${fault.what.replaceAll(where, '')}`;
    });
  }
}

const service = (method: string, structs = ''): Record<string, string> => ({
  'a.thrift': `${structs}\nservice S {\n  ${method}\n}\n`,
});

test('all faults at once, each at its place', async () => {
  const faults = await faultsOf({
    'a.thrift': `include "gone.thrift"
struct A {
  1: Nope x
  1: i32 y
  3: byte z = 300
}
enum E { one = 1, uno = 1 }
const string text = 5
service S { A get() (api.get = "no-path") }
`,
  });
  expect(faults).toEqual([
    expect.stringMatching(/^a\.thrift:1:1 INCLUDE gone\.thrift cannot be read/),
    'a.thrift:3:6 NAME type Nope is not declared',
    'a.thrift:4:3 NAME field id 1 is used twice',
    'a.thrift:7:19 NAME E.uno repeats a name or a value',
    'a.thrift:8:21 VALUE this is no string',
    'a.thrift:5:15 VALUE 300 is out of the range of byte',
  ]);
});

test('annotations too, whatever else is wrong, and nothing that only follows from it', async () => {
  const faults = await faultsOf({
    'a.thrift': `struct A { 1: Nope x (api.js_conv = "", api.header = "X"), 2: i32 y (api.js_conv = "") }
struct Request { 1: Nope id (api.path = "id"), 2: Gone body (api.raw_body = "") }
service S {
  A get(1: Missing request) throws (1: Nobody n) (api.get = "no-path", api.post = "/x/:id")
  A find(1: Request request) (api.get = "/:id")
}
`,
  });
  expect(faults).toEqual([
    'a.thrift:1:15 NAME type Nope is not declared',
    'a.thrift:2:21 NAME type Nope is not declared',
    'a.thrift:2:51 NAME type Gone is not declared',
    'a.thrift:4:40 NAME type Nobody is not declared',
    'a.thrift:4:12 NAME type Missing is not declared',
    'a.thrift:4:51 ANNOTATION "no-path" is no path',
    'a.thrift:1:70 ANNOTATION api.js_conv is for i64, and y has none',
  ]);
});

test('defaults and constants are held to their types', async () => {
  const faults = await faultsOf({
    'a.thrift': `struct In { 1: required i32 must, 2: optional string s, 3: required i32 has = 1 }
union Un { 1: i32 a, 2: string b }
enum Kind { one = 1, two = 200 }
enum Other { x = 1 }
struct D {
  1: In a = {"s": "x"}
  2: Un b = {"a": 1, "b": "x"}
  3: Un c = {}
  4: uuid d = "nope"
  5: double e = 1e400
  6: Kind f = Other.x
  7: string g = Kind.one
  8: set<list<i32>> h = [[1], [1]]
  9: map<string, i32> i = {"a": 1, "a": 2}
  10: byte j = Kind.two
  11: In ok = {"must": -0x10}
  12: i16 fine = +5
  13: i64 also = Kind.two
  14: i32 k = TEXT
  15: Un l = BOTH
}
const string TEXT = "t"
const map<string, string> BOTH = {"a": "1", "b": "2"}
enum Bad { __proto__ }
service S { void __proto__() }
`,
  });
  expect(faults).toEqual([
    'a.thrift:24:12 NAME JavaScript objects cannot have a member __proto__',
    'a.thrift:25:18 NAME JavaScript objects cannot have a member __proto__',
    'a.thrift:6:14 VALUE In.must is required, and missing here',
    'a.thrift:7:14 VALUE union Un has 2 members here',
    'a.thrift:8:14 VALUE union Un has 0 members here',
    'a.thrift:9:15 VALUE this is no uuid',
    'a.thrift:10:17 VALUE this is out of the range of a double',
    'a.thrift:11:15 VALUE Other.x is no member of Kind',
    'a.thrift:12:17 VALUE Kind.one is no string',
    'a.thrift:13:26 VALUE a set has an element twice',
    'a.thrift:14:28 VALUE a map has a key twice',
    'a.thrift:15:16 VALUE Kind.two is no byte',
    'a.thrift:19:15 VALUE constant TEXT is no i32',
    'a.thrift:20:14 VALUE constant BOTH is no Un',
  ]);
});

test.each<[string, Record<string, string>, string[]]>([
  [
    'syntax',
    { 'a.thrift': 'struct A {\n  1: i32\n}\n' },
    ['a.thrift:2:6 SYNTAX Unable to find identifier for field'],
  ],
  [
    'two mistakes of syntax',
    { 'a.thrift': 'struct A { 1: }\nstruct B { 1: i32 b }\nenum { x }\n' },
    [
      'a.thrift:1:15 SYNTAX FieldType expected but found: RightBraceToken',
      'a.thrift:3:1 SYNTAX Expected identifier for enum definition',
    ],
  ],
  [
    'comments that a scanner could trip over',
    { 'a.thrift': '/**/ //\n#\nstruct A { 1: i32 a /* // */ } // end' },
    [],
  ],
  [
    'lines after an empty comment',
    { 'a.thrift': '//\n//\n\nstruct A { 1: Nope a }' },
    ['a.thrift:4:15 NAME type Nope is not declared'],
  ],
  [
    'includes in a circle',
    { 'a.thrift': 'include "b.thrift"', 'b.thrift': 'include "a.thrift"' },
    ['b.thrift:1:1 INCLUDE a.thrift includes itself'],
  ],
  [
    'typedef of itself',
    { 'a.thrift': 'typedef B A\ntypedef A B' },
    ['a.thrift:2:1 NAME typedef B is made of itself', 'a.thrift:1:1 NAME typedef A is made of itself'],
  ],
  [
    'constant of itself',
    { 'a.thrift': 'const i32 A = B\nconst i32 B = A' },
    ['a.thrift:1:15 VALUE constant B is made of itself', 'a.thrift:2:15 VALUE constant A is made of itself'],
  ],
  [
    'service of itself',
    { 'a.thrift': 'service S extends S {}' },
    ['a.thrift:1:11 NAME service S extends itself'],
  ],
  [
    'unknown annotation',
    service('i32 f() (api.gett = "/x")'),
    ['a.thrift:3:12 ANNOTATION api.gett is no annotation banyan knows'],
  ],
  [
    'a path parameter that nothing takes',
    service('i32 f() (api.get = "/x/:id")'),
    ['a.thrift:3:7 ANNOTATION nothing takes the path parameter :id'],
  ],
  [
    'a field that no path gives',
    service('i32 f(1: i32 id (api.path = "id")) (api.get = "/x")'),
    ['a.thrift:3:9 ANNOTATION no :id in the path of f'],
  ],
  [
    'one route twice',
    service('i32 f(1: i32 a) (api.get = "/x/:a"),\n  i32 g(1: i32 b) (api.get = "/x/:b")'),
    ['a.thrift:4:7 ANNOTATION GET /x/:b is already a route of f'],
  ],
  [
    'a status that is none',
    service('i32 f() (api.get = "/x", api.http_code = "99")'),
    ['a.thrift:3:28 ANNOTATION "99" is no status'],
  ],
  [
    'annotations on types they say nothing about',
    service('i32 f(1: i32 a (api.js_conv = "", api.enum = "text")) (api.get = "/x")'),
    [
      'a.thrift:3:19 ANNOTATION api.js_conv is for i64, and a has none',
      'a.thrift:3:37 ANNOTATION api.enum cannot be "text"',
      'a.thrift:3:37 ANNOTATION api.enum is for enum, and a has none',
    ],
  ],
  [
    'an error body that is no JSON',
    {
      'a.thrift': 'service S { i32 f() (api.get = "/x") } (api.error_body = "{", api.error_message = "oops")',
    },
    [
      expect.stringMatching(/^a\.thrift:1:41 ANNOTATION the error body is no JSON/) as unknown as string,
      'a.thrift:1:63 ANNOTATION "oops" names no status',
    ],
  ],
  [
    'paths that no router can match',
    service(`i32 a() (api.get = "/a/*/b"),
  i32 b(1: i32 id) (api.get = "/b/:id(\\\\d+)")
  i32 c() (api.get = "/c/:")
  i32 d(1: i32 x) (api.get = "/d/:x/:x")
  i32 e() (api.get = "/e/*x*")`),
    [
      'a.thrift:3:12 ANNOTATION "/a/*/b" has a wildcard amid it',
      'a.thrift:4:21 ANNOTATION "/b/:id(\\\\d+)" has a regular expression',
      'a.thrift:5:12 ANNOTATION "/c/:" has a parameter without a name',
      'a.thrift:6:20 ANNOTATION "/d/:x/:x" has two parameters x',
      'a.thrift:7:12 ANNOTATION "/e/*x*" has a wildcard amid it',
    ],
  ],
  [
    'one route twice, by a wildcard and in other letters',
    service(`i32 f(1: string p) (api.get = "/x/*p"),
  i32 g(1: string q) (api.get = "/X/*q")`),
    ['a.thrift:4:7 ANNOTATION GET /X/* is already a route of f'],
  ],
  [
    'a domain and a group that are none',
    {
      'a.thrift':
        'service S { i32 f() (api.get = "/x", api.group = "v1") } (api.base_domain = "shop.example/x", api.group = "/v1/")',
    },
    [
      'a.thrift:1:59 ANNOTATION "shop.example/x" is no host',
      'a.thrift:1:95 ANNOTATION "/v1/" is no prefix of paths',
      'a.thrift:1:38 ANNOTATION "v1" is no prefix of paths',
      'a.thrift:1:22 ANNOTATION "v1/x" is no path',
    ],
  ],
  [
    'annotations where they say nothing',
    {
      'a.thrift': `typedef string Name (api.query = "name")
enum E { one (api.http_code = "400"), two } (api.get = "/e")
struct A { 1: Name n, 2: E e (api.etag = "weak"), 3: i32 code (api.http_code = "200") } (api.http_code = "404")
exception X {} (api.query = "x")
service S { A f(1: A a) throws (1: X x (api.js_conv = "")) (api.get = "/x", api.query = "q") } (api.etag = "weak")`,
    },
    [
      'a.thrift:5:97 ANNOTATION api.etag says nothing on a service',
      'a.thrift:5:77 ANNOTATION api.query says nothing on a method',
      'a.thrift:3:90 ANNOTATION api.http_code says nothing on a struct',
      'a.thrift:1:22 ANNOTATION api.query says nothing on a type',
      'a.thrift:3:31 ANNOTATION api.etag says nothing on a field',
      'a.thrift:2:46 ANNOTATION api.get says nothing on an enum',
      'a.thrift:2:15 ANNOTATION api.http_code says nothing on an enum member',
      'a.thrift:3:64 ANNOTATION code is the status itself, whatever api.http_code says',
      'a.thrift:5:41 ANNOTATION api.js_conv says nothing on a throws entry',
      'a.thrift:5:41 ANNOTATION api.js_conv is for i64, and x has none',
      'a.thrift:4:17 ANNOTATION api.query says nothing on an exception',
    ],
  ],
  [
    'annotations of Hertz, Kitex and their gateways that would go unheard',
    service(
      'void f(1: A a) (api.post = "/x", api.service_group = "g")',
      `struct A {
  1: i32 n (api.vd = "$ > 0")
  2: binary file (api.file_name = "f")
  3: string s (agw.body_dynamic = "", janus.key = "t")
  4: string t (api.Query = "t")
  5: string u (go.tag = 'json:"u,omitempty" gorm:"index"')
  6: string v (go.tag = 'json:"vv" query:"q"')
  7: string w (go.tag = "json:\\"-\\"")
  8: string x (api.none = "false", api.list = "comma")
}`,
    ),
    [
      'a.thrift:12:36 ANNOTATION api.service_group is not carried out here',
      'a.thrift:2:13 ANNOTATION api.vd is not carried out here',
      'a.thrift:3:19 ANNOTATION api.file_name is not carried out here',
      'a.thrift:4:16 ANNOTATION agw.body_dynamic is not carried out here',
      'a.thrift:4:39 ANNOTATION janus.key is not carried out here',
      'a.thrift:5:16 ANNOTATION api.Query is no annotation banyan knows',
      'a.thrift:7:16 ANNOTATION go.tag names v "vv", which nothing here reads',
      'a.thrift:7:16 ANNOTATION go.tag names v "q", which nothing here reads',
      'a.thrift:8:16 ANNOTATION go.tag keeps w out of JSON, which nothing here reads',
      'a.thrift:9:16 ANNOTATION api.none cannot be "false"',
      'a.thrift:9:36 ANNOTATION api.list is for lists and sets, and x is none',
    ],
  ],
  [
    'oneway that returns',
    service('oneway i32 f()'),
    ['a.thrift:3:14 VALUE oneway method f cannot return or throw anything'],
  ],
])('%s', async (_, files, expected) => {
  expect(await faultsOf(files)).toEqual(expected);
});

test('everything Thrift has is read', async () => {
  await using files = await idlFiles({
    'a.thrift': `namespace * everywhere
namespace py a.b
cpp_include "<x>"
include "shared.thrift"
typedef map<string, list<shared.Id>> Index
const Index INDEX = {"a": [1, 0x10], "b": []}
const double PI = 3.14
const shared.Color FAVOURITE = shared.Color.green
struct A {
  1: required shared.Id id = shared.FIRST
  2: i8 small = -3; 3: uuid key, bool implicit
  5: A& self
  6: shared.Color color = green
  7: list<shared.Point> points = [{"x": 1}]
  8: binary raw = "by\\"tes\\n"
}
service S extends shared.Base { oneway void f(1: A a) }
`,
    'shared.thrift': `typedef i64 Id
const Id FIRST = 9223372036854775807
enum Color { red, green = 5, blue }
struct Point { 1: i32 x, 2: i32 y = 2 }
service Base { void g() }
`,
  });
  const idl = await loadIdl(files.path('a.thrift'));
  const a = idl.structs.find((struct) => struct.name === 'A')!;
  expect(a.fields.map((field) => [field.id, field.name, field.type.kind, field.defaultValue])).toEqual([
    [1, 'id', 'i64', 9223372036854775807n],
    [2, 'small', 'byte', -3],
    [3, 'key', 'uuid', undefined],
    [-1, 'implicit', 'bool', undefined],
    [5, 'self', 'struct', undefined],
    [6, 'color', 'enum', 5],
    [7, 'points', 'list', [{ x: 1 }]],
    [8, 'raw', 'binary', Buffer.from('by"tes\n')],
  ]);
  expect(idl.enums[0]!.members.map((member) => member.value)).toEqual([0, 5, 6]);
  expect(idl.services.get('S')!.methods.map((method) => method.name)).toEqual(['g', 'f']);
  expect(idl.constants.find((constant) => constant.name === 'INDEX')!.value).toEqual(
    new Map<string, unknown>([
      ['a', [1, 16]],
      ['b', []],
    ]),
  );
});

test('what is taken without effect is a warning, at its place', async () => {
  await using folder = await idlFiles({
    'a.thrift': `struct Item { 1: string name, 2: string hidden (api.header = "X-H"), 3: string quiet (api.none = "") }
struct Items { 1: list<Item> items, 2: string kept (api.header = "X-K") }
service S { Items f(1: i32 n) (api.get = "/x", api.category = "demo", api.handler_path = "a/b") }
`,
  });
  const file = folder.path('a.thrift');
  const { warnings } = await loadIdl(file);
  expect(warnings.map((one) => `${one.at!.replace(file, '')} ${one.code} ${one.what}`)).toEqual([
    ':3:48 BANYAN_IDL_ANNOTATION_IGNORED api.category has no effect here: it tells catalogues of APIs where it belongs',
    ':3:71 BANYAN_IDL_ANNOTATION_IGNORED api.handler_path has no effect here: it tells Hertz where to write handlers',
    ':1:31 BANYAN_IDL_ANNOTATION_IGNORED hidden is no member of the JSON where Item stands inside something else',
  ]);
});

test('docs/idl.md tells of every annotation', async () => {
  const docs = await readFile(new URL('../../../docs/idl.md', import.meta.url), 'utf8');
  expect(annotationNames.filter((name) => !docs.includes(`\`${name}`))).toEqual([]);
});

test('includes may be called alike, wherever they stand, and say different things', async () => {
  await using files = await idlFiles({
    'a.thrift': `include "left/types.thrift"
include "right/types.thrift"
include "deep/down/types.thrift"
include "dotted.name.thrift"
struct A { 1: types.Left l, 2: types.Right r, 3: types.Down d, 4: dotted.name.Color c = dotted.name.Color.red }
`,
    'left/types.thrift': 'include "../shared/types.thrift"\nstruct Left { 1: types.T t }',
    'right/types.thrift': 'include "../shared/types.thrift"\nstruct Right { 1: types.T t }',
    'deep/down/types.thrift': 'struct Down { 1: T t }\nstruct T { 1: i32 down }',
    'shared/types.thrift': 'struct T { 1: i32 shared }',
    'dotted.name.thrift': 'enum Color { blue, red }',
  });
  const idl = await loadIdl(files.path('a.thrift'));
  const names = idl.structs.map((one) => one.qualifiedName);
  expect(new Set(names).size).toBe(names.length);
  const inside = (struct: string) => {
    const { type } = idl.structs.find((one) => one.name === struct)!.fields[0]!;
    return type.kind === 'struct' ? type.struct.fields.map((field) => field.name) : type.kind;
  };
  expect([inside('Left'), inside('Right'), inside('Down')]).toEqual([['shared'], ['shared'], ['down']]);
  expect(idl.structs.find((one) => one.name === 'A')!.fields[3]).toMatchObject({ defaultValue: 1 });
});

test('what two includes of one name both declare is a fault, not a guess', async () => {
  expect(
    await faultsOf({
      'a.thrift': 'include "left/types.thrift"\ninclude "right/types.thrift"\nstruct A { 1: types.T t }',
      'left/types.thrift': 'struct T { 1: i32 left }',
      'right/types.thrift': 'struct T { 1: i32 right }',
    }),
  ).toEqual(['a.thrift:2:1 INCLUDE types.T is declared by left/types.thrift and by right/types.thrift']);
});

test('names that the official compiler refuses are warnings, at their place', async () => {
  await using folder = await idlFiles({
    'a.thrift': `struct Page {
  1: optional i64 next
  2: i32 end (api.query = "end")
}
enum E { fine, with }
service S { Page from(1: i64 until) (api.get = "/x") }
`,
  });
  const file = folder.path('a.thrift');
  const { warnings } = await loadIdl(file);
  expect(warnings.map((one) => `${one.at!.replace(file, '')} ${one.what.replace(/ has .*/, '')}`)).toEqual([
    ':2:3 field next',
    ':3:3 field end',
    ':5:6 member of E with',
    ':6:18 method from',
    ':6:23 field until',
  ]);
  expect(warnings[0]).toMatchObject({
    code: 'BANYAN_IDL_RESERVED_WORD',
    fix: 'Rename it; (api.body = "next") keeps its name in JSON, (api.query = "next") in a query.',
  });
});
