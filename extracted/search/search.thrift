// The shop's product search. The annotations say how it answers under the monolith's URL.
namespace js shop.search

enum ProductStatus { draft = 1, live = 2, sold_out = 3 }

struct Product {
  1: required i64 id
  2: required i64 shopId
  3: required string sku
  4: required string name
  5: required string description
  6: required string price
  7: required ProductStatus status (api.enum = "name")
  // The JSON text of an object.
  8: optional string attributes (api.raw_json = "", api.null = "keep")
  // ISO 8601, UTC.
  9: required string createdAt
  10: required string updatedAt
}

struct Query {
  // Given several times, their words count together, as the monolith reads them.
  1: optional list<string> q (api.query = "q")
  2: optional i64 shopId (api.query = "shopId", api.fault = "shopId must be a whole number.")
  3: optional i64 limit (api.query = "limit", api.fault = "limit must be a whole number.")
}

// The newest first.
struct Found {
  1: required list<Product> products
  // Only where the answer is staler than the service's bound: what was changed in the last so many seconds may be missing.
  2: optional i64 staleSeconds (api.header = "X-Search-Stale")
}

struct Status {
  // embedded or elasticsearch
  1: required string engine
  // Whether there is an index that answers.
  2: required bool serving
  3: required i64 products
  // What was changed until then is in the index, ISO 8601; unset: nothing is known of it.
  4: optional string freshUntil
  5: optional i64 ageMs
  6: required i64 staleAfterMs
  7: required bool stale
  // Changes that the feed has and the index has not; unset while the feed cannot be asked.
  8: optional i64 pending
  // The last change of the feed that is in the index.
  9: optional i64 position
  10: required bool rebuilding
  // Products that the rebuild has read so far.
  11: required i64 rebuilt
  12: required i64 rebuilds
  // Why the last attempt to follow the feed or to rebuild failed, or that nothing comes by which the index could be called fresh; unset: neither.
  13: optional string trouble
}

struct ErrorDetail {
  1: required string code
  2: required string message
}

exception BadRequest { 1: required ErrorDetail error } (api.http_code = "400")
// No index is there yet, or it is too stale to be shown.
exception Unavailable {
  1: required ErrorDetail error
  2: optional i32 retryAfter (api.header = "Retry-After")
} (api.http_code = "503")

service SearchService {
  Found search(1: Query query)
    throws (1: BadRequest badRequest, 2: Unavailable unavailable)
    (api.get = "/api/search", api.etag = "weak", api.slash = "strict")

  // Neither has a URL: for whoever runs the service.
  Status status()
  // Begins to build the index from scratch, if that is not under way. The index of the moment answers until the other one is whole.
  Status rebuild()
} (
  api.error_body = '{"error":{"code":"$code","message":"$message"}}'
  api.error_message = "500: Something went wrong on our side."
)
