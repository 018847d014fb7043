// The shops themselves. Other services have called this one over Thrift for years: the annotations came later, so that it answers
// under the monolith's URLs as well. Apache's compiler reads past them.
namespace js shop.shop

enum ShopState { open = 1, paused = 2, closed = 3 }

struct Shop {
  1: required i64 id
  2: required string name
  3: required string city
  4: optional string email (api.null = "keep")
  // ISO 8601, UTC.
  5: required string createdAt
}

struct ListedShop {
  1: required i64 id
  2: required string name
  3: required string city
  4: required ShopState state (api.enum = "name")
}

struct ShopPage {
  1: required list<ListedShop> shops
  // The id to pass as `after` for the next page.
  2: optional i64 nextId (api.body = "next")
}

// All of a shop, for those who run it: the monolith's staff and owners, by its own pages.
struct ShopRecord {
  1: required i64 id
  2: required string name
  3: required string city
  4: optional string email
  5: required string createdAt
  6: required ShopState state
}

struct ShopFields {
  1: required string name
  2: required string city
  3: optional string email
  4: required ShopState state
}

struct ListShops {
  1: optional i64 after (api.query = "after", api.fault = "after must be a whole number.")
  2: optional i64 limit (api.query = "limit", api.fault = "limit must be a whole number.")
  // A framed transport has no headers: what the log must know of the request comes as fields.
  3: optional string requestId (api.context = "request_id")
  4: optional string traceparent (api.context = "traceparent")
}

struct ErrorDetail {
  1: required string code
  2: required string message
}

exception BadRequest { 1: required ErrorDetail error } (api.http_code = "400")
exception NotFound { 1: required ErrorDetail error } (api.http_code = "404")

service ShopService {
  Shop getShop(1: i64 id (api.path = "id", api.fault = "id must be a whole number."))
    throws (1: NotFound notFound)
    (api.get = "/api/shops/:id", api.etag = "weak")

  ShopPage listShops(1: ListShops request)
    throws (1: BadRequest badRequest)
    (api.get = "/api/shops", api.etag = "weak")

  // For other services and the monolith's own pages: no URL leads to what follows.
  bool isOwner(1: i64 shopId, 2: i64 userId)
    (api.idempotent = "true")
  void setState(1: i64 id, 2: ShopState state)
    throws (1: NotFound notFound)
    (api.idempotent = "true")

  ShopRecord findShop(1: i64 id)
    throws (1: NotFound notFound)
    (api.idempotent = "true")
  list<ShopRecord> shopsOwnedBy(1: i64 userId)
    (api.idempotent = "true")
  // The new shop's id.
  i64 addShop(1: ShopFields fields)
  void changeShop(1: i64 id, 2: ShopFields fields)
    throws (1: NotFound notFound)
    (api.idempotent = "true")

  // Ids of users.
  list<i64> ownersOf(1: i64 shopId)
    (api.idempotent = "true")
  void addOwner(1: i64 shopId, 2: i64 userId)
    throws (1: NotFound notFound)
    (api.idempotent = "true")
  void removeOwner(1: i64 shopId, 2: i64 userId)
    (api.idempotent = "true")
} (
  api.error_body = '{"error":{"code":"$code","message":"$message"}}'
  api.error_message = "500: Something went wrong on our side."
)
