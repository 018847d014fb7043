import { loadIdl } from 'banyan/rpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Parser } from '../../../rpc/idl/parser.ts';
import { readTokens } from '../../../rpc/idl/tokens.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { idlFaultsOf } from '../../support/rpc/idl-faults.ts';

test('every mistake of syntax at once, none of what only follows from one', async () => {
  const text = `struct A {
  1: i32
  2: lst<i32> b
  3: i32 c = ;
  4: i32 d (api.body = e)
  5: i32 §
  6: map<i32> f
  7: i32 fine
}
stract B { 1: i32 a }
struct { 1: i32 a }
enum E {
  one = x
  two = 2
  three "3"
}
service S {
  void f(1: i32 a, 2)
  void g() throws 1: A a
  A h(1: i32 a)
  i32 3()
}
const string s = "open
const string t = 'c:\\d'
senum Old { "a" }
struct C { 1: slist l, 2: list<void> v };
namespace js late
/* without end
`;
  expect(await idlFaultsOf({ 'a.thrift': text })).toEqual([
    'a.thrift:6:10 SYNTAX unexpected "§"',
    'a.thrift:23:18 SYNTAX this string has no end on its line',
    'a.thrift:28:1 SYNTAX this comment has no end',
    'a.thrift:2:9 SYNTAX the name of the field is missing',
    'a.thrift:3:9 SYNTAX the name of the field is missing: "<" stands there',
    'a.thrift:4:14 SYNTAX a value is missing: ";" stands there',
    'a.thrift:5:24 SYNTAX the value of api.body in quotes is missing: "e" stands there',
    'a.thrift:7:13 SYNTAX "," is missing: ">" stands there',
    'a.thrift:10:1 SYNTAX "stract" begins no definition',
    'a.thrift:11:8 SYNTAX the name of the struct is missing: "{" stands there',
    'a.thrift:13:9 SYNTAX a whole number is missing: "x" stands there',
    'a.thrift:15:9 SYNTAX the name of the member is missing: "3" stands there',
    'a.thrift:18:21 SYNTAX ":" is missing: ")" stands there',
    'a.thrift:19:19 SYNTAX "(" is missing: "1" stands there',
    'a.thrift:21:7 SYNTAX the name of the method is missing: "3" stands there',
    'a.thrift:24:21 SYNTAX \\d is no escape',
    'a.thrift:25:1 SYNTAX senum is no longer part of Thrift',
    'a.thrift:26:15 SYNTAX slist is no longer part of Thrift',
    'a.thrift:26:41 SYNTAX ";" begins no definition',
    'a.thrift:27:1 SYNTAX namespace stands below a definition',
  ]);
});

test.each<[string, string]>([
  ['', 'a definition'],
  ['stract A {}', '"stract" begins no definition'],
  ['}', '"}" begins no definition'],
  ['struct', 'the name of the struct'],
  ['struct A', '"{"'],
  ['struct A { 1', '":"'],
  ['struct A { 1:', 'a type'],
  ['struct A { 1: list<', 'a type'],
  ['struct A { 1: i32 a = [', 'a value'],
  ['struct A { 1: i32 a = {1:', 'a value'],
  ['struct A { 1: i32 a (', 'the name of an annotation'],
  ['struct A { 1: i32 a (b =', 'the value of b'],
  ['service S { void f() throws (', 'a type'],
  ['include', 'the path of the file'],
  ['namespace', 'a language'],
])('a file that breaks off after %j', async (text, missing) => {
  const faults = await idlFaultsOf({ 'a.thrift': text });
  if (text === '') expect(faults).toEqual([]);
  else expect(faults).toEqual([expect.stringContaining(`SYNTAX ${missing}`)]);
});

test('comments, separators, brackets and signs in odd places', async () => {
  await using files = await idlFiles({
    'a.thrift': `/**/ //\n#
/***/ cpp_include "<x>" namespace * a.b (x = 'y') # end
struct/**/A/*1*/{/* :, */1/**/:/**/required/**/list</**/i32>cpp_type"x"a/**/=/**/[1 2;3,]/**/(/**/x/**/=/**/"// no comment"/**/y;)/**/;
 -7:A & self,0x10:map cpp_type 'm'<string,double>m={'it"s':.5;"it's":-1.5E+3 "\\\\":+2}
/** Of the field. */ optional bool flag = 1 xsd_optional xsd_nillable xsd_attrs { 1: i32 z } }
/* of nothing */ // between
typedef A B, const i64 HEX = -0x10; const bool ON = true const double ONE = true
enum E { a, b = 5; c d = -1 (x) e } union U xsd_all { 1: i32 u }
service S { /** Of f. */ oneway void f(A a; -3: i32 b), async void g() B h(); }
`,
  });
  const idl = await loadIdl(files.path('a.thrift'));
  const [a] = idl.structs;
  expect(a!.fields.map(({ id, name, defaultValue, docs }) => [id, name, defaultValue, docs])).toEqual([
    [1, 'a', [1, 2, 3], ':,'],
    [-1, 'self', undefined, ''],
    [
      16,
      'm',
      new Map([
        ['it"s', 0.5],
        ["it's", -1500],
        ['\\', 2],
      ]),
      '',
    ],
    [-2, 'flag', true, 'Of the field.'],
  ]);
  expect(a!.fields[0]!.annotations.map(({ name, value }) => [name, value])).toEqual([
    ['x', '// no comment'],
    ['y', ''],
  ]);
  expect(idl.constants.map(({ value }) => value)).toEqual([-16, true, 1]);
  expect(idl.enums[0]!.members.map(({ name, value }) => [name, value])).toEqual([
    ['a', 0],
    ['b', 5],
    ['c', 6],
    ['d', -1],
    ['e', 0],
  ]);
  const { methods } = idl.services.get('S')!;
  expect(methods.map(({ name, oneway, docs }) => [name, oneway, docs])).toEqual([
    ['f', true, 'Of f.'],
    ['g', true, ''],
    ['h', false, ''],
  ]);
  expect(methods[0]!.args.fields.map(({ id }) => id)).toEqual([-1, -2]);
});

test('lines and columns are those of the file, whatever stands before', async () => {
  expect(await idlFaultsOf({ 'a.thrift': '//\n//\n\n/* a\n*/struct A { 1: Nope a }' })).toEqual([
    'a.thrift:5:17 NAME type Nope is not declared',
  ]);
});

test('any text at all is read to its end, its faults inside it', () => {
  const pieces = `struct union exception enum service const typedef include namespace extends throws oneway void list<
    map< , > i32 string required optional A a.b 1: 2: = 5 -0x1f 1.5e3 .5 "s" 'q \\ " { } ( ) [ ] ; : & * // # /* */ \n \0 é`;
  const text = fc
    .array(fc.oneof(fc.constantFrom(...pieces.split(' '), '\n'), fc.string({ maxLength: 3 })), {
      maxLength: 40,
    })
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, (source) => {
      const report = (offset: number, what: string, fix: string): void => {
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThanOrEqual(source.length);
        expect(what.length * fix.length).toBeGreaterThan(0);
      };
      const tokens = readTokens(source, report, report);
      expect(tokens.at(-1)).toMatchObject({ kind: 'end', end: source.length });
      new Parser(tokens, (column) => ({ file: 'x', line: 1, column }), report).file();
    }),
    { numRuns: 3000 },
  );
});
