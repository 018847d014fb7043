/** An IDL that is all corners: alike files, names that TypeScript reserves or the reports use, every shape of container. */
export const nastyIdl: Readonly<Record<string, string>> = {
  'nasty.thrift': `namespace js nasty
include "a/base.thrift"
include "b/types.thrift"
include "2-odd name.thrift"

const Point ORIGIN = {"x": 0, "y": 0}
const map<string, Point> NAMED = {"o": ORIGIN, "p": {"x": 1}}
typedef list<Later> Laters
typedef Laters Chain2
typedef Chain2 Chain3
struct Uses { 1: Chain3 c, 2: optional Point p = ORIGIN, 3: Kind k = Kind.second, 4: Kind k2 = second, 5: Kind k3 = 2 }
/** A point – "quoted", 한글 */
struct Point { 1: i32 x, 2: i32 y = 7 }
struct Later { 1: optional Laters inner, 2: optional map<string, Later> byName, 3: optional Later self }
enum Kind { first = 1, second, third = 0x10 }
union U { 1: i32 a, 2: map<i64, Point> b, 3: U u }
struct Maps {
  1: optional map<i64, Point> byBig
  2: optional map<Point, i32> byPoint
  3: optional set<Point> points
  4: optional map<string, U> unions
  5: optional map<double, i32> byDouble
  6: optional map<binary, i32> byBinary
  7: optional map<uuid, i32> byUuid
  8: optional map<Kind, i32> byKind
  9: optional map<list<i32>, i32> byList
  10: optional set<list<i32>> setOfLists
  11: optional list<map<i32, set<string>>> deep
  12: optional list<binary> raws
}
struct class { 1: i32 function, 2: string default, 3: optional i32 constructor, 4: optional i32 toString, 5: optional i32 hasOwnProperty }
struct Promise { 1: types.T t }
struct types_T { 1: i32 own }
enum delete { new, return }
struct Empty {}
exception Boom { 1: string message, 2: i32 code }
exception Bare {}
/** Two lines
 * of a service. */
service let extends base.Base {
  void f()
  Maps maps(1: Maps m) (api.post = "/maps")
  /** Doc of it. */
  string with(1: class class, 2: i32 import, 3: i32 context) throws (1: Boom boom, 2: Bare bare) (api.post = "/with")
  Uses uses(1: Uses uses, 2: i32 n) (api.put = "/uses/:n")
  list<Later> laters(1: Laters l (api.body = "*")) (api.post = "/laters")
  Kind kind(1: Kind k) (api.get = "/kind/:k", api.get = "/kinds")
  void setKind(1: Kind kind) (api.put = "/kind/:kind")
  U u(1: U u) (api.post = "/u")
  Empty empty(1: Empty e) (api.get = "/empty")
  uuid id(1: uuid id) (api.get = "/id/:id")
  binary rest(1: string rest (api.path = "rest")) (api.get = "/files/*rest")
  bool any(1: bool b) (api.any = "/any")
  i32 kind_2(1: i32 a, 2: i32 b) (api.get = "/sizes/:a-:b")
}
`,
  'a/base.thrift': `include "../b/types.thrift"
include "types.thrift"
service Base { types.T base(1: types.Other t) (api.post = "/base") }
`,
  'a/types.thrift': 'struct Other { 1: i32 fromA }',
  'b/types.thrift': 'struct T { 1: i32 fromB }',
  '2-odd name.thrift': 'enum Odd { even = 2 }',
};
