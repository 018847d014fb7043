namespace js banyan.test
namespace py everything

include "shared.thrift"

typedef i64 Id

enum Color { red = 1, green = 2, blue = 40 }

struct Inner {
  1: required string name
  2: optional i32 count
}

union Choice {
  1: string text
  2: i64 number
  3: Inner inner
}

struct Tree {
  1: required i32 value
  2: optional list<Tree> children
}

struct Everything {
  1: optional bool flag
  2: optional byte tiny
  3: optional i16 small
  4: optional i32 medium
  5: optional Id big
  6: optional double ratio
  7: optional string text
  8: optional binary bytes
  9: optional Color color
  10: optional list<i32> numbers
  11: optional set<string> tags
  12: optional map<string, i64> counts
  13: optional map<i32, Inner> byId
  14: optional Inner inner
  15: optional Choice choice
  16: optional Tree tree
  17: optional list<list<bool>> grid
  18: optional list<double> ratios
  19: optional map<Color, list<string>> byColor
  200: optional shared.Stamp stamp
  21: optional i32 defaulted = 7
  22: optional list<Everything> nested
  23: optional set<i64> ids
  24: optional map<bool, byte> switches
}

exception Failure {
  1: required string message
  2: optional i32 code
} (api.http_code = "409")

service Base {
  string ping(1: string text) (api.get = "/ping/:text")
}

service EverythingService extends Base {
  Everything echo(1: Everything value) (api.post = "/echo")
  void nothing() (api.post = "/nothing")
  i64 add(1: i64 left, 2: i64 right) throws (1: Failure failure) (api.get = "/add")
  bool isOdd(1: i32 number) (api.get = "/odd/:number")
  oneway void notify(1: string text) (api.post = "/notify")
  list<string> fail(1: string how) throws (1: Failure failure) (api.get = "/fail/:how", api.idempotent = "false")
}
