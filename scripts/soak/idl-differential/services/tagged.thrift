// Names with options of Go's tags in them, as where they were copied from a tag.
namespace go mgr
struct SignReq {
    1: string Account (api.body="account,required", api.vd="len($) <= 20");
    2: string Password (api.body="password,required", api.vd="len($) <= 20");
}
struct SignRes { 1: i64 Id, 2: string Token }
struct ListReq { 1: i64 id (api.query="id,required", api.vd="$ > 0") }
service SignService {
    SignRes Sign(1: SignReq user) (api.post="/mgr/sign")
    SignRes Show(1: ListReq req) (api.get="/mgr/show")
}
