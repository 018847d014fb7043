// A feature of another shape than the shop's: other tables, other columns, other methods, another error body.
namespace js bookings

struct Booking {
  1: required i64 number
  2: required string guest
  3: required string day
  4: optional i32 seats (api.null = "keep")
  5: required bool paid
  6: required list<string> notes
}

exception Missing { 1: required string error } (api.http_code = "404")
exception Full { 1: required string error } (api.http_code = "409")

service BookingService {
  list<Booking> onDay(1: string day (api.query = "day")) (api.get = "/v2/bookings")
  Booking find(1: i64 number (api.path = "number")) throws (1: Missing missing) (api.get = "/v2/bookings/:number")
  Booking book(1: string guest, 2: string day, 3: optional i32 seats, 4: list<string> notes)
    throws (1: Full full) (api.post = "/v2/bookings", api.http_code = "201")
  void cancel(1: i64 number (api.path = "number")) throws (1: Missing missing) (api.delete = "/v2/bookings/:number")
}
