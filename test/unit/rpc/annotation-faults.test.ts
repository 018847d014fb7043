import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { annotationNames } from '../../../rpc/http/annotations.ts';
import { idlFaultsOf, serviceOf } from '../../support/rpc/idl-faults.ts';

test('annotations too, whatever else is wrong, and nothing that only follows from it', async () => {
  const faults = await idlFaultsOf({
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
  ]);
});

test.each<[string, Record<string, string>, string[]]>([
  [
    'unknown annotation',
    serviceOf('i32 f() (api.gett = "/x")'),
    ['a.thrift:3:12 ANNOTATION api.gett is no annotation banyan knows'],
  ],
  [
    'a field that no path gives',
    serviceOf('i32 f(1: required i32 id (api.path = "id")) (api.get = "/x")'),
    ['a.thrift:3:9 ANNOTATION no :id in the path of f'],
  ],
  [
    'one route twice',
    serviceOf('i32 f(1: i32 a) (api.get = "/x/:a"),\n  i32 g(1: i32 b) (api.get = "/x/:b")'),
    ['a.thrift:4:7 ANNOTATION GET /x/:b is already a route of f'],
  ],
  [
    'a status that is none',
    serviceOf('i32 f() (api.get = "/x", api.http_code = "99")'),
    ['a.thrift:3:28 ANNOTATION "99" is no status'],
  ],
  [
    'annotations on types they say nothing about',
    serviceOf('i32 f(1: i32 a (api.js_conv = "", api.enum = "text")) (api.get = "/x")'),
    [
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
    'a message without a status and a size that is no number',
    {
      'a.thrift':
        'service S { i32 f() (api.get = "/x") } (api.error_message = "99: what", api.max_body_bytes = "64k")',
    },
    [
      'a.thrift:1:41 ANNOTATION "99: what" names no status',
      'a.thrift:1:73 ANNOTATION "64k" is no number of bytes',
    ],
  ],
  [
    'paths that no router can match',
    serviceOf(`i32 a() (api.get = "/a/*/b"),
  i32 b(1: i32 id) (api.get = "/b/:id([0-9]*)")
  i32 c() (api.get = "/c/:")
  i32 d(1: i32 x) (api.get = "/d/:x/:x")
  i32 e() (api.get = "/e/*x*")`),
    [
      'a.thrift:4:21 ANNOTATION the expression of id in "/b/:id([0-9]*)" has a *, which Express 4 takes for (.*): write {0,}',
      'a.thrift:5:12 ANNOTATION "/c/:" has a parameter without a name',
      'a.thrift:6:20 ANNOTATION "/d/:x/:x" has two parameters x',
      'a.thrift:7:12 ANNOTATION "/e/*x*" has a parameter that runs into what follows',
    ],
  ],
  [
    'one route twice, by a wildcard and in other letters',
    serviceOf(`i32 f(1: string p) (api.get = "/x/*p"),
  i32 g(1: string q) (api.get = "/X/*q")`),
    ['a.thrift:4:7 ANNOTATION GET /X/*q is already a route of f'],
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
      'a.thrift:5:77 ANNOTATION api.query says nothing on a method',
      'a.thrift:3:90 ANNOTATION api.http_code says nothing on a struct',
      'a.thrift:1:22 ANNOTATION api.query says nothing on a type',
      'a.thrift:3:31 ANNOTATION api.etag says nothing on a field',
      'a.thrift:2:46 ANNOTATION api.get says nothing on an enum',
      'a.thrift:2:15 ANNOTATION api.http_code says nothing on an enum member',
      'a.thrift:5:41 ANNOTATION api.js_conv says nothing on a throws entry',
      'a.thrift:4:17 ANNOTATION api.query says nothing on an exception',
    ],
  ],
  [
    'annotations of Hertz, Kitex and their gateways that would go unheard',
    serviceOf(
      'void f(1: A a) (api.post = "/x", api.service_group = "g")',
      `struct A {
  1: i32 n (api.vd = "$ > ")
  2: binary file (api.file_name = "f")
  3: string s (agw.source = "root", janus.target = "headers")
  4: string t (api.Query = "t")
  5: string u (go.tag = 'json:"u,omitempty" gorm:"index"')
  6: string v (go.tag = 'json:"vv" query:"q"')
  7: string w (go.tag = "json:\\"-\\"")
  8: string x (api.none = "false", api.list = "comma")
}`,
    ),
    [
      'a.thrift:12:36 ANNOTATION api.service_group is not carried out here',
      'a.thrift:2:13 ANNOTATION "$ > " is no validator: it ends too early',
      'a.thrift:4:16 ANNOTATION agw.source is not carried out here',
      'a.thrift:4:37 ANNOTATION agw.target is not carried out here',
      'a.thrift:5:16 ANNOTATION api.Query is no annotation banyan knows',
      'a.thrift:9:16 ANNOTATION api.none cannot be "false"',
      'a.thrift:9:36 ANNOTATION api.list is for lists and sets of scalars, and x is none',
    ],
  ],
  [
    'required fields that no request can have',
    serviceOf(
      'void f(1: A a) (api.post = "/x")',
      'struct A { 1: required i32 n (api.none = ""), 2: required i32 fine = 5 (api.none = ""), 3: B b } struct B { 1: required string h (api.header = "H"), 2: required i32 i }',
    ),
    [
      'a.thrift:1:12 ANNOTATION n is required, and no request can have it',
      'a.thrift:1:109 ANNOTATION h is required, and no request can have it where B stands inside something else',
    ],
  ],
  [
    'replies with two bodies, two statuses and two members of one name',
    serviceOf(
      'A a() (api.get = "/a"), B b() (api.get = "/b"), C c() (api.get = "/c") list<D> d() (api.get = "/d")',
      `struct A { 1: i32 s (api.http_code = ""), 2: i32 t (api.http_code = ""), 3: string r (api.raw_body = ""), 4: string w (api.body = "*") }
struct B { 1: i32 x, 2: i32 y (api.body = "x") }
struct C { 1: D d }
struct D { 1: i32 u (api.body = "v"), 2: i32 v, 3: i32 w (api.header = "v") }`,
    ),
    [
      'a.thrift:1:43 ANNOTATION s already is the status',
      'a.thrift:1:107 ANNOTATION r already is the body',
      'a.thrift:2:22 ANNOTATION y is the member "x" of the JSON, as x is',
      'a.thrift:4:39 ANNOTATION v is the member "v" of the JSON, as u is',
    ],
  ],
  [
    'headers that frame messages, contexts of another type, and JSON split at commas',
    serviceOf(
      `R f(1: i32 id (api.context = "request_id"), 2: i64 ms (api.context = "deadline_ms"), 3: list<R> l (api.query = "l", api.list = "comma"))
    (api.get = "/x", api.set_header = "Connection: close")`,
      'struct R { 1: optional string l (api.header = "Content-Length"), 2: optional string te (api.header = "transfer-encoding") }',
    ),
    [
      'a.thrift:4:22 ANNOTATION Connection is not a service’s to write',
      'a.thrift:3:119 ANNOTATION api.list is for lists and sets of scalars, and l is none',
      'a.thrift:3:7 ANNOTATION id cannot take request_id',
      'a.thrift:1:12 ANNOTATION Content-Length is not a service’s to write',
      'a.thrift:1:66 ANNOTATION transfer-encoding is not a service’s to write',
    ],
  ],
  [
    'a path parameter that only a query is called like',
    serviceOf('void f(1: i32 a (api.query = "id")) (api.get = "/x/:id")'),
    ['a.thrift:3:8 ANNOTATION nothing takes the path parameter :id, and a is called so elsewhere'],
  ],
  [
    'bodies, envelopes, layouts, cases and codes that are none',
    {
      'a.thrift': `struct D { 1: optional i64 n (api.code_status = "a: 404"), 2: optional string c (api.code_status = "404", api.header = "C", api.nan = "null") }
service S { D d() (api.get = "/d", api.envelope = '{"a":1}', api.error_envelope = '[$body,$body]', api.json_spaces = "x") }
(api.case = "Camel", api.nan = "0", api.error_body_for = "gone: x", api.error_body_for = "deadline: x", api.error_type_for = "deadline: json")`,
    },
    [
      'a.thrift:3:2 ANNOTATION api.case cannot be "Camel"',
      'a.thrift:3:22 ANNOTATION api.nan cannot be "0"',
      'a.thrift:3:37 ANNOTATION "gone: x" names no code',
      'a.thrift:3:105 ANNOTATION "json" is no content type',
      'a.thrift:2:36 ANNOTATION the envelope is no JSON: it must have $body once',
      'a.thrift:2:62 ANNOTATION the envelope is no JSON: it must have $body once',
      'a.thrift:2:100 ANNOTATION "x" is no indentation',
      'a.thrift:1:31 ANNOTATION n cannot be a code',
      'a.thrift:1:82 ANNOTATION "404" names no code and status',
      'a.thrift:1:82 ANNOTATION c is no member of the body',
      'a.thrift:1:125 ANNOTATION api.nan is for double, and c has none',
    ],
  ],
  [
    'files that nothing can take, and limits that are none',
    serviceOf(
      'void f(1: string a (api.file_name = "a"), 2: list<F> b (api.file_name = "b"), 3: i32 q (api.query = "*")) (api.post = "/x", api.max_files = "many")',
      'struct F { 1: string n (api.file = "size"), 2: string m (api.file = "nam") }',
    ),
    [
      'a.thrift:3:127 ANNOTATION "many" is no number',
      'a.thrift:1:25 ANNOTATION n cannot take the size of a file',
      'a.thrift:1:58 ANNOTATION api.file cannot be "nam"',
      'a.thrift:3:10 ANNOTATION a cannot take a file',
      'a.thrift:3:45 ANNOTATION b cannot take a file',
      'a.thrift:3:81 ANNOTATION q cannot take all parameters',
    ],
  ],
  [
    'uploads that are not whole, or take more than pieces',
    serviceOf(
      'R f(1: binary p (api.piece = "")) (api.put = "/f", api.upload = "x"),\n  R g(1: binary p (api.piece = ""), 2: optional string c (api.cursor = ""), 3: string b (api.body = "b")) (api.put = "/g", api.upload = "")',
      'struct R { 1: optional string next (api.next = "") }',
    ),
    [
      'a.thrift:3:54 ANNOTATION "x" is no number of bytes',
      'a.thrift:3:5 ANNOTATION f is not the whole of an upload',
      'a.thrift:4:5 ANNOTATION g takes its body in pieces and as a whole',
    ],
  ],
])('%s', async (_, files, expected) => {
  expect(await idlFaultsOf(files)).toEqual(expected);
});

test('docs/idl.md tells of every annotation', async () => {
  const docs = await readFile(new URL('../../../docs/idl.md', import.meta.url), 'utf8');
  expect(annotationNames.filter((name) => !docs.includes(`\`${name}`))).toEqual([]);
});
