// The product feature of the shop. The annotations say how it answers under the monolith's URLs.
namespace js shop.product

enum ProductStatus { draft = 1, live = 2, sold_out = 3 }

struct Product {
  1: required i64 id
  2: required i64 shopId
  3: required string sku
  4: required string name
  5: required string description
  // A decimal with two places: no double can hold every price.
  6: required string price
  7: required ProductStatus status (api.enum = "name")
  // The JSON text of an object.
  8: optional string attributes (api.raw_json = "", api.null = "keep")
  // ISO 8601, UTC.
  9: required string createdAt
  10: required string updatedAt
}

struct ProductPage {
  1: required list<Product> products
  // The id to pass as `after` for the next page.
  2: optional i64 nextId (api.body = "next")
  3: optional string link (api.header = "Link")
}

struct CreatedProduct {
  1: required Product product (api.body = "*")
  2: required string location (api.header = "Location")
}

struct ListProducts {
  1: optional i64 shopId (api.query = "shopId", api.fault = "shopId must be a whole number.")
  2: optional i64 after (api.query = "after", api.fault = "after must be a whole number.")
  3: optional i64 limit (api.query = "limit", api.fault = "limit must be a whole number.")
}

struct CreateProduct {
  1: required i64 shopId (api.fault = "shopId must be a positive whole number.")
  2: required string sku (api.fault = "sku must be 1 to 64 letters, digits, dots, dashes or underscores.")
  3: required string name (api.fault = "name must be 1 to 200 characters.")
  4: optional string description (api.null = "refuse", api.fault = "description must be at most 5000 characters.")
  5: required string price (api.fault = 'price must be a decimal like "12.50".')
  6: optional ProductStatus status (api.enum = "name", api.null = "refuse", api.fault = "status must be one of draft, live, sold_out.")
  7: optional string attributes (api.raw_json = "")
}

struct ReplaceProduct {
  1: required i64 id (api.path = "id", api.fault = "id must be a whole number.")
  2: required i64 shopId (api.fault = "shopId must be a positive whole number.")
  3: required string sku (api.fault = "sku must be 1 to 64 letters, digits, dots, dashes or underscores.")
  4: required string name (api.fault = "name must be 1 to 200 characters.")
  5: optional string description (api.null = "refuse", api.fault = "description must be at most 5000 characters.")
  6: required string price (api.fault = 'price must be a decimal like "12.50".')
  7: optional ProductStatus status (api.enum = "name", api.null = "refuse", api.fault = "status must be one of draft, live, sold_out.")
  8: optional string attributes (api.raw_json = "")
}

// What is unset stays as it is. The text `null` takes the attributes away.
struct ChangeProduct {
  1: required i64 id (api.path = "id", api.fault = "id must be a whole number.")
  2: optional i64 shopId (api.null = "refuse", api.fault = "shopId must be a positive whole number.")
  3: optional string sku (api.null = "refuse", api.fault = "sku must be 1 to 64 letters, digits, dots, dashes or underscores.")
  4: optional string name (api.null = "refuse", api.fault = "name must be 1 to 200 characters.")
  5: optional string description (api.null = "refuse", api.fault = "description must be at most 5000 characters.")
  6: optional string price (api.null = "refuse", api.fault = 'price must be a decimal like "12.50".')
  7: optional ProductStatus status (api.enum = "name", api.null = "refuse", api.fault = "status must be one of draft, live, sold_out.")
  8: optional string attributes (api.raw_json = "")
}

struct ErrorDetail {
  1: required string code
  2: required string message
}

exception BadRequest { 1: required ErrorDetail error } (api.http_code = "400")
exception NotFound { 1: required ErrorDetail error } (api.http_code = "404")
exception Conflict { 1: required ErrorDetail error } (api.http_code = "409")

service ProductService {
  ProductPage listProducts(1: ListProducts request)
    throws (1: BadRequest badRequest)
    (api.get = "/api/products", api.etag = "weak")

  Product getProduct(1: i64 id (api.path = "id", api.fault = "id must be a whole number."))
    throws (1: NotFound notFound)
    (api.get = "/api/products/:id", api.etag = "weak")

  CreatedProduct createProduct(1: CreateProduct request)
    throws (1: BadRequest badRequest, 2: Conflict conflict)
    (api.post = "/admin/products", api.http_code = "201", api.etag = "weak")

  Product replaceProduct(1: ReplaceProduct request)
    throws (1: BadRequest badRequest, 2: NotFound notFound, 3: Conflict conflict)
    (api.put = "/admin/products/:id", api.etag = "weak")

  Product changeProduct(1: ChangeProduct request)
    throws (1: BadRequest badRequest, 2: NotFound notFound, 3: Conflict conflict)
    (api.patch = "/admin/products/:id", api.etag = "weak")

  void deleteProduct(1: i64 id (api.path = "id", api.fault = "id must be a whole number."))
    throws (1: NotFound notFound)
    (api.delete = "/admin/products/:id", api.etag = "weak")

  // For other services and the monolith's orders: no URL leads to it. Those that there are, by id; at most 100 are asked for.
  list<Product> findProducts(1: list<i64> ids)
    throws (1: BadRequest badRequest)
    (api.idempotent = "true")
} (
  api.error_body = '{"error":{"code":"$code","message":"$message"}}'
  api.inflate = "false"
  api.max_body_bytes = "102400"
  api.error_message = "400: The request body must be a JSON object."
  api.error_message = "413: The request body is too large."
  api.error_message = "415: Send the request body as application/json in UTF-8."
  api.error_message = "500: Something went wrong on our side."
)
