// Names that some language reserves, which other compilers take.
namespace go words
struct PageInfo { 1: optional string next, 2: optional string end, 3: i32 from, 4: optional string class, 5: optional string default }
struct FindRequest {
  1: string from (api.query = "from")
  2: optional string end (api.query = "end")
  3: string type (api.query = "type")
  4: optional bool async (api.query = "async")
}
service Words { PageInfo find(1: FindRequest request) (api.get = "/words"), PageInfo delete(1: string from (api.path = "from")) (api.delete = "/words/:from") }
