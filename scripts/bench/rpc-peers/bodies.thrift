namespace js banyan.bench

enum Status { draft = 1, live = 2, sold_out = 3 }

struct Item {
  1: required i64 id
  2: required i64 shopId
  3: required string sku
  4: required string name
  5: required string description
  6: required string price
  7: required Status status
  8: optional bool featured
  9: optional double rating
  10: optional list<string> tags
  11: optional map<string, i32> stock
  12: required string createdAt
  13: required string updatedAt
}

struct RawItem {
  1: required i64 id
  2: required i64 shopId
  3: required string sku
  4: required string name
  5: required string description
  6: required string price
  7: required Status status
  8: optional bool featured
  9: optional double rating
  10: optional list<string> tags
  11: optional string stock (api.raw_json = "")
  12: required string createdAt
  13: required string updatedAt
}

struct Page { 1: required list<Item> items, 2: optional i64 nextId }
struct RawPage { 1: required list<RawItem> items, 2: optional i64 nextId }

/** Answers with the body that it was sent. */
service Bodies {
  Page plain(1: Page page (api.body = "*")) (api.post = "/plain")
  RawPage raw(1: RawPage page (api.body = "*")) (api.post = "/raw")
}
