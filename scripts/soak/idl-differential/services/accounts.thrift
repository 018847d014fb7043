// Hertz's annotations as its tutorials have them.
namespace go account.api
include "base.thrift"

enum Code {
     Success         = 0
     ParamInvalid    = 1
     StoreErr        = 2
}

struct SignUpRequest {
    1: required string name     (api.form="name", api.body="name", api.vd="len($) > 0 && len($) <= 32")
    2: required string password (api.form="password", api.body="password", api.vd="(len($) > 5 && len($) < 33)")
    3: optional string mail     (api.body="mail", api.vd="email($); msg:'no mail address'")
    4: string mobile            (api.body="mobile", api.vd="regexp('^1[3-9]\\d{9}$')")
    5: i8 gender                (api.body="gender", api.vd="in($, 0, 1, 2)")
    255: optional base.Base base
}

struct SignUpResponse {
    1: Code status_code
    2: string status_msg
    3: i64 user_id  (api.js_conv="")
    255: base.BaseResp base_resp
}

struct MeRequest {
    1: string token (api.query="token", api.header="Authorization", api.vd="$ != ''")
    2: i64 user_id  (api.query="user_id", api.path="user_id", api.vd="$>0")
}

struct Me {
    1: i64 id
    2: string name
    3: optional i64 follow_count
    4: bool is_follow
}

struct MeResponse { 1: Code status_code, 2: optional string status_msg, 3: Me me }

service AccountService {
    SignUpResponse SignUp(1: SignUpRequest req) (api.post="/v1/account/sign_up/")
    MeResponse Me(1: MeRequest req) (api.get="/v1/account/me/", api.category="account")
    MeResponse Find(1: MeRequest req) (api.get="/v1/account/:user_id");
    base.BaseResp Drop(1: MeRequest req) (api.delete="/v1/account/:user_id", api.handler_path="account")
}
