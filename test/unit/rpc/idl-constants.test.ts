import { expect, test } from 'vitest';
import { idlFaultsOf } from '../../support/rpc/idl-faults.ts';

test('defaults and constants are held to their types', async () => {
  const faults = await idlFaultsOf({
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
    'a.thrift:6:13 VALUE In.must is required, and missing here',
    'a.thrift:7:13 VALUE union Un has 2 members here',
    'a.thrift:8:13 VALUE union Un has 0 members here',
    'a.thrift:9:15 VALUE this is no uuid',
    'a.thrift:10:17 VALUE this is out of the range of a double',
    'a.thrift:11:15 VALUE Other.x is no member of Kind',
    'a.thrift:12:17 VALUE Kind.one is no string',
    'a.thrift:13:25 VALUE a set has an element twice',
    'a.thrift:14:27 VALUE a map has a key twice',
    'a.thrift:15:16 VALUE Kind.two is no byte',
    'a.thrift:19:15 VALUE constant TEXT is no i32',
    'a.thrift:20:14 VALUE constant BOTH is no Un',
  ]);
});

test('a default that never ends', async () => {
  const text = `struct A { 1: optional A self = {}, 2: list<B> others = [{"n": 1}] }
struct B { 1: i32 n, 2: optional C c = {} }
struct C { 1: map<string, B> b = {"x": {}} }
struct D { 1: A a = {"self": {"self": {}, "others": []}, "others": []}, 2: E e = {} }
struct E { 1: optional E inner, 2: i32 n = 5, 3: optional E constructor }
`;
  expect(await idlFaultsOf({ 'a.thrift': text })).toEqual([
    'a.thrift:1:12 VALUE the default of self is made of itself',
    'a.thrift:2:22 VALUE the default of c is made of itself',
  ]);
});
