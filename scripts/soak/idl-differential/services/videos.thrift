/*
 * Names with underscores, ids with gaps, validators of another tool, and a path that ends with a slash.
 */
namespace go feed

struct Author {
  1: required i64 id,
  2: required string name,
  3: optional i64 follower_count,
}

struct Video {
  1: required i64 id
  2: required Author author
  3: required string play_url
  5: required string cover_url;
  6: i64 favorite_count,
  9: bool is_favorite = false;
}

struct feed_request {
  1: optional i64 latest_time (vt.ge = "0", api.query="latest_time")
  2: optional string token (vt.min_size = "1", api.header="token", api.query="token")
}
struct feed_response {
  1: required i32 status_code
  2: optional string status_msg
  3: list<Video> video_list
  4: optional i64 next_time
}

struct publish_request {
  1: required string token (api.form="token")
  2: required binary data  (api.form="data")
  3: required string title (vt.max_size = "63", api.form="title", api.vd="len($)>0&&len($)<64")
}
struct publish_response { 1: required i32 status_code, 2: optional string status_msg }

service VideoService {
  feed_response feed(1: feed_request req) (api.get="/feed/")
  publish_response publish(1: publish_request req) (api.post="/publish/action/")
  publish_response react(1: string token, 2: i64 video_id, 3: i32 action_type) (api.post="/favorite/action/")
}
