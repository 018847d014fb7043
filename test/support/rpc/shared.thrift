namespace js banyan.shared
namespace py shared

struct Stamp {
  1: required i64 at
  2: required string by
}
