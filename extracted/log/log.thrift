// The shop's log: what is appended stays. It has no URLs: services call it.
namespace js shop.log

enum Level { debug = 1, info = 2, warn = 3, error = 4 }

struct Entry {
  // Made by the caller, another for each entry: the same one appended twice is there once.
  1: required string id
  // ISO 8601 in UTC with milliseconds. Its day is the one that the entry is filed under.
  2: required string at
  3: required string source
  4: required Level level
  5: required string message
  // The JSON text of an object.
  6: optional string fields
}

struct Query {
  // 2026-11-30
  1: required string day
  // `following` of the page before.
  2: optional string after
  3: optional i32 limit = 100
}

// By time, then by id.
struct Page {
  1: required list<Entry> entries
  2: optional string following
}

exception BadRequest { 1: required string message }
// The sink of the moment cannot be asked: ask where it writes to.
exception NotReadable { 1: required string message }

service LogService {
  // Answers when the entries are kept. Not answered: append them again.
  void append(1: list<Entry> entries) throws (1: BadRequest badRequest)
  Page query(1: Query query) throws (1: BadRequest badRequest, 2: NotReadable notReadable)
}
