// Both dialects side by side, as where one was left for the other.
include "base.thrift"
namespace go dataset

typedef i64 ID (api.js_conv="true")

enum FormatType { Text = 0, Table = 1, Image = 2 } (go.type = "int64")

struct CreateRequest {
    1: string name (agw.key="name")
    2: string description
    3: i64 space_id   (agw.js_conv="str", api.js_conv="true")
    4: string icon    (agw.source="body")
    5: FormatType format_type
    6: i64 biz_id     (agw.js_conv="str", api.js_conv="true") // may be absent
    255: optional base.Base Base
}

struct CreateResponse {
    1: i64 dataset_id (agw.js_conv="str", api.js_conv="true")

    253: required i64 code
    254: required string msg
    255: optional base.BaseResp BaseResp
}

struct DetailRequest {
    1: list<string> DatasetIDs (agw.js_conv="str", api.body="dataset_ids")
    3: i64 project_id (agw.js_conv="str", api.js_conv="true")
    2: i64 space_id (agw.js_conv="str", api.js_conv="true")
    255: optional base.Base Base
}

struct DetailResponse {
    1: map<string, CreateResponse> details (agw.js_conv="str")
    2: ID total
    253: required i64 code
    254: required string msg
    255: required base.BaseResp BaseResp (api.none="true")
}

service DatasetService {
    CreateResponse Create(1: CreateRequest req) (api.post='/api/dataset/create', api.category="dataset", api.gen_path="dataset", agw.preserve_base="true")
    DetailResponse Detail(1: DetailRequest req) (agw.method="POST", agw.uri="/api/dataset/detail")
    DetailResponse Read(1: DetailRequest req) (agw.uri="/api/dataset/read")
}
