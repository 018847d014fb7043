/** What the official servers serve here: a call that takes as long as it says. */
service Napping {
  string nap(1: i32 ms, 2: string text) (api.get = "/nap/:ms")
}
