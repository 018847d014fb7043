// Users and their sessions: who somebody is. The annotations say how it answers under the monolith's URLs.
namespace js shop.user

enum Role { user = 1, owner = 2, admin = 3 }

struct User {
  1: required i64 id
  2: required string email
  3: required string name
  4: required Role role (api.enum = "name")
}

// A session's token, and what browsers keep it by: `TOKEN; Max-Age=1209600; …`.
struct LoggedIn {
  1: required User user (api.body = "*")
  2: required string setCookie (api.cookie = "session")
}

struct LoggedOut {
  1: required string setCookie (api.cookie = "session")
}

struct Whoami {
  1: required i64 id
  2: required Role role (api.enum = "name")
  3: required string userId (api.header = "X-User-Id")
  4: required string userRole (api.header = "X-User-Role")
}

// The members of these three are JSON texts as they came: the monolith looks at one after the other, at its type and its rule
// together, and says what is wrong with the first that is.
struct SignUp {
  1: optional string email (api.raw_json = "")
  2: optional string name (api.raw_json = "")
  3: optional string password (api.raw_json = "")
  4: optional string session (api.cookie = "session")
}

struct LogIn {
  1: optional string email (api.raw_json = "")
  2: optional string password (api.raw_json = "")
  3: optional string session (api.cookie = "session")
}

struct ChangeMe {
  1: optional string name (api.raw_json = "")
  2: optional string password (api.raw_json = "")
  3: optional string currentPassword (api.raw_json = "")
  4: optional string session (api.cookie = "session")
}

struct Browser { 1: optional string session (api.cookie = "session") }

struct ErrorDetail {
  1: required string code
  2: required string message
}

// What is said to somebody who is logged in is for no cache, refusals included.
exception BadRequest {
  1: required ErrorDetail error
  2: optional string cacheControl (api.header = "Cache-Control")
} (api.http_code = "400")
exception NotLoggedIn { 1: required ErrorDetail error } (api.http_code = "401")
exception Forbidden {
  1: required ErrorDetail error
  2: optional string cacheControl (api.header = "Cache-Control")
} (api.http_code = "403")
exception NotFound { 1: required ErrorDetail error } (api.http_code = "404")
exception Conflict { 1: required ErrorDetail error } (api.http_code = "409")

service UserService {
  LoggedIn signUp(1: SignUp request)
    throws (1: BadRequest badRequest, 2: Conflict conflict)
    (api.post = "/api/users", api.http_code = "201", api.etag = "weak")

  LoggedIn logIn(1: LogIn request)
    throws (1: BadRequest badRequest, 2: NotLoggedIn wrongLogin)
    (api.post = "/api/session", api.etag = "weak")

  LoggedOut logOut(1: Browser browser)
    (api.delete = "/api/session", api.http_code = "204")

  User getMe(1: Browser browser)
    throws (1: NotLoggedIn notLoggedIn)
    (api.get = "/api/me", api.etag = "weak", api.set_header = "Cache-Control: private, no-cache")

  User changeMe(1: ChangeMe request)
    throws (1: BadRequest badRequest, 2: NotLoggedIn notLoggedIn, 3: Forbidden forbidden)
    (api.patch = "/api/me", api.etag = "weak", api.set_header = "Cache-Control: private, no-cache")

  // For an auth sub-request. The same in the body and in headers: a proxy can pass headers on, and reads no bodies.
  Whoami whoami(1: Browser browser)
    throws (1: NotLoggedIn notLoggedIn)
    (api.get = "/internal/whoami", api.etag = "weak", api.always_header = "Cache-Control: no-store")

  // For other services and the monolith's own pages: no URL leads to what follows.
  User userOf(1: string token)
    throws (1: NotLoggedIn notLoggedIn)
    (api.idempotent = "true")

  User findUser(1: i64 id)
    throws (1: NotFound notFound)
    (api.idempotent = "true")

  User findByEmail(1: string email)
    throws (1: NotFound notFound)
    (api.idempotent = "true")

  User authenticate(1: string email, 2: string password)
    throws (1: NotLoggedIn wrongLogin)
    (api.idempotent = "true")

  // A new token for the cookie.
  string openSession(1: i64 userId)
    throws (1: NotFound notFound)

  void closeSession(1: string token)
    (api.idempotent = "true")

  // Deletes at most so many sessions that ran out, and says how many.
  i32 closeExpired(1: i32 limit)

  // Users whose email or name begins so, by id.
  list<User> listUsers(1: string begins, 2: i64 after, 3: i32 limit)
    throws (1: BadRequest badRequest)
    (api.idempotent = "true")

  void setRole(1: i64 id, 2: Role role)
    throws (1: NotFound notFound)
    (api.idempotent = "true")

  // Who was no more than a user is an owner from now on.
  void makeOwner(1: i64 id)
    throws (1: NotFound notFound)
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
