import { loadIdl } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { idlFiles } from '../../support/rpc/docs-idl.ts';

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
const shared.Color AGAIN = a.FAVOURITE
struct A {
  1: required shared.Id id = shared.FIRST
  2: i8 small = -3; 3: uuid key, bool implicit
  5: A& self
  6: shared.Color color = shared.Color.green
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
  expect(idl.constants.find((constant) => constant.name === 'AGAIN')!.value).toBe(5);
});
