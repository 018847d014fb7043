// Annotation values over several lines, binary constants, uuids, comments everywhere.
namespace py texts
const binary MAGIC = "GIF89a"
const double RATE = 1.5e-3
struct /* in between */ Note {
  1: required string id /** the note's */ (
    api.path = "id"
  )
  2: optional string text (api.body = "text",
    api.fault = "a text is needed",
    description = "what
it says")
} // behind
struct Reply { 1: required list<list<string>> rows, 2: map<i32, map<string, double>> table, 3: optional Reply parent }
service Texts {
  Reply put(1: Note note) (
    api.put = "/notes/:id",
    api.http_code = "200",
    summary = 'puts it'
  )
}
