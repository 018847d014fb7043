import { loadIdl } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { BanyanError } from '../../../common/errors.ts';
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
