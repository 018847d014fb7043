namespace go files

struct UploadReq {
    1: string avatar_file (api.form="avatar_file", api.vd="len($)>0");
    2: optional string kind (api.query="kind", go.tag="json:\"kind,omitempty\" example:\"png\"");
}
struct UploadResp {
    1: string url (api.body="url");
    2: string trace (api.header="X-Trace-Id");
    3: i32 code (api.http_code="");
}
struct DownloadReq { 1: string name (api.path="name"), 2: string range_ (api.header="Range") }
struct DownloadResp { 1: binary body (api.raw_body=""), 2: string type (api.header="Content-Type") }
struct SSE {}
struct ChatReq { 1: string conversation_id, 2: list<string> plugin_names, 3: string model, 4: string prompt }

service FileService {
    UploadResp Upload(1: UploadReq req) (api.post="/files", api.serializer="form");
    DownloadResp Download(1: DownloadReq req) (api.get="/files/*name");
    SSE Chat(1: ChatReq req) (api.post="/chat", api.serializer="json");
}
