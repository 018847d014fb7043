import { expect, test } from 'vitest';
import { idlFaultsOf, serviceOf } from '../../support/rpc/idl-faults.ts';

test('all faults at once, each at its place', async () => {
  const faults = await idlFaultsOf({
    'a.thrift': `include "gone.thrift"
struct A {
  1: gone.Nope x
  1: i32 y
  3: byte z = 300
}
enum E { one = 1, one = 2 }
const string text = 5
service S { A get() (api.get = "no-path") }
`,
  });
  expect(faults).toEqual([
    'a.thrift:3:6 NAME type gone.Nope is not declared',
    'a.thrift:4:3 NAME field id 1 is used twice',
    'a.thrift:7:19 NAME E.one is declared twice',
    'a.thrift:8:21 VALUE this is no string',
    'a.thrift:5:15 VALUE 300 is out of the range of byte',
    expect.stringMatching(/^a\.thrift:1:1 INCLUDE gone\.thrift cannot be read/),
  ]);
});

test.each<[string, Record<string, string>, string[]]>([
  [
    'includes in a circle',
    { 'a.thrift': 'include "b.thrift"', 'b.thrift': 'include "a.thrift"' },
    ['b.thrift:1:1 INCLUDE a.thrift includes itself'],
  ],
  [
    'typedef of itself',
    { 'a.thrift': 'typedef B A\ntypedef A B' },
    ['a.thrift:2:11 NAME typedef B is made of itself', 'a.thrift:1:11 NAME typedef A is made of itself'],
  ],
  [
    'constant of itself',
    { 'a.thrift': 'const i32 A = B\nconst i32 B = A' },
    ['a.thrift:1:15 VALUE constant B is made of itself', 'a.thrift:2:15 VALUE constant A is made of itself'],
  ],
  [
    'service of itself',
    { 'a.thrift': 'service S extends S {}' },
    ['a.thrift:1:19 NAME service S extends itself'],
  ],
  [
    'oneway that returns',
    serviceOf('oneway i32 f()'),
    ['a.thrift:3:14 VALUE oneway method f cannot return or throw anything'],
  ],
])('%s', async (_, files, expected) => {
  expect(await idlFaultsOf(files)).toEqual(expected);
});
