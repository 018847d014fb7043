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

/** Deepest nesting read, written or skipped. */
export const maxDepth = 64;
