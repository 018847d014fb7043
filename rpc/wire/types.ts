/** Type numbers of the binary protocol, which the whole room uses; the compact protocol maps them. */
export const TType = {
  stop: 0,
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
  uuid: 16,
} as const;

export const MessageType = { call: 1, reply: 2, exception: 3, oneway: 4 } as const;

export interface MessageHead {
  readonly name: string;
  readonly type: number;
  readonly seqid: number;
}

/** Deepest nesting of structs in a value, written or read. */
export const maxDepth = 64;

/** Deepest nesting of structs in a message: around a value stand that of the arguments or the result, and a wrapped argument. */
export const maxMessageDepth = maxDepth + 2;

/** Deepest nesting of anything that is skipped unread: between two structs there may be containers. */
export const maxLevels = 4 * maxDepth;
