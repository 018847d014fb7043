// Several services in one file, exceptions, constants and defaults that refer to them.
namespace java shop.orders
namespace js shop.orders
namespace netstd Shop.Orders
namespace * shop.orders

const i32 DEFAULT_LIMIT = 20
const list<string> CURRENCIES = ["EUR", "KRW", "USD"]
const map<string, i32> WEIGHTS = { "low": 1, "high": 10, }

typedef string Sku
typedef list<Line> Lines

enum State {
  OPEN = 1;
  PAID = 2;
  SENT = 0x10;
  CLOSED
}

struct Money { 1: required i64 amount, 2: string currency = "EUR" }
struct Line { 1: required Sku sku, 2: i32 count = 1, 3: optional Money price }
struct Order {
  1: required i64 id
  2: State state = State.OPEN
  3: Lines lines = []
  4: optional map<string, string> labels
  5: optional set<string> tags
  6: optional double weight = 0.5
}
union Payment { 1: string card, 2: string iban, 3: bool cash }

struct ListRequest {
  1: i32 limit = DEFAULT_LIMIT (api.query = "limit")
  2: optional State state (api.query = "state")
  3: list<string> sort (api.query = "sort")
  4: optional string cursor (api.query = "cursor")
}
struct ListReply { 1: required list<Order> orders, 2: optional string cursor }

exception NotFound { 1: required i64 id, 2: string message } (message = "message")
exception Conflict { 1: required string reason } (api.http_code = "409")

service Reading {
  Order get(1: i64 id (api.path = "id")) throws (1: NotFound notFound) (api.get = "/orders/:id")
  ListReply list_(1: ListRequest request) (api.get = "/orders")
}

service Orders extends Reading {
  Order place(1: Order order) throws (1: Conflict conflict) (api.post = "/orders", api.http_code = "201"),
  void pay(1: i64 id (api.path = "id"), 2: Payment payment (api.body = "payment")) throws (1: NotFound notFound, 2: Conflict conflict) (api.put = "/orders/:id/payment"),
  oneway void touch(1: i64 id (api.path = "id")) (api.post = "/orders/:id/touch"),
  void drop(1: i64 id (api.path = "id")) throws (1: NotFound notFound) (api.delete = "/orders/:id"; deprecated = "use close")
}
