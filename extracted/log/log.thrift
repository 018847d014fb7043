// The shop's log: what is appended stays. Services call it; the company's own tools read it by a URL, to which the load balancer lets nobody
// pass from outside.
namespace js shop.log

enum Level { debug = 1, info = 2, warn = 3, error = 4 }

struct Entry {
  // Made by the caller, another for each entry: the same one appended twice is there once.
  1: required string id
  // ISO 8601 in UTC with milliseconds. Its day is the one that the entry is filed under.
  2: required string at
  3: required string source
  4: required Level level (api.enum = "name")
  5: required string message
  // The JSON text of an object.
  6: optional string fields (api.raw_json = "")
}

struct Query {
  // 2026-11-30
  1: required string day (api.path = "day")
  // `following` of the page before.
  2: optional string after (api.query = "after")
  3: optional i32 limit = 100 (api.query = "limit", api.fault = "limit must be a whole number.")
  // Backwards by time and id: then `after` goes on with what is older.
  4: optional bool newestFirst (api.query = "newestFirst", api.fault = "newestFirst must be true or false.")
}

// By time, then by id, in the order that was asked for.
struct Page {
  1: required list<Entry> entries
  2: optional string following
}

exception BadRequest { 1: required string message } (api.http_code = "400")
// The sink of the moment cannot be asked: ask where it writes to.
exception NotReadable { 1: required string message } (api.http_code = "501")

service LogService {
  // Answers when the entries are kept. Not answered: append them again.
  void append(1: list<Entry> entries) throws (1: BadRequest badRequest)
  Page query(1: Query query) throws (1: BadRequest badRequest, 2: NotReadable notReadable)
    (api.get = "/internal/logs/:day")
}
