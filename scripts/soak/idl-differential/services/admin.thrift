// Everything on one line, tags of Go, fields without ids, single quotes, hashes as comments.
namespace go admin.v1 # of the second generation
struct Base { i32 code; string msg; }
struct Entry { i64 id (api.js_conv=""), string name, optional string note }
struct PageReq {
  1: i32 page (api.query='page', api.vd='$>0'), 2: i32 size (api.query='size', api.vd='$>0 && $<=100'),
  3: optional string keyword (go.tag='query:"keyword" json:"keyword"')
}
struct PageResp { 1: Base base (go.tag = 'json:"base"'), 2: list<Entry> items (go.tag = 'json:"items"'), 3: i64 total }
struct SaveReq { 1: i64 id (api.path='id', go.tag='json:"-"'), 2: string name (api.body='name'), 3: string note (api.body='note') }
service AdminService {
  PageResp Page(1: PageReq req)(api.get='/admin/entries')
  Base Save(1: SaveReq req)(api.put='/admin/entries/:id')
  Base SaveAll(1: list<SaveReq> all (api.body="*"))(api.post='/admin/entries:batch')
  Base Ping()(api.get='/admin/ping', api.baseurl='admin.example', api.version='1')
} (api.base_domain='admin.example')
