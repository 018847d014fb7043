/** What a connection is doing. */
export const states = {
  connecting: 0,
  idle: 1,
  /** It has a request, of which nothing has left. */
  assigned: 2,
  /** The head may have left, the body is on its way. */
  sending: 3,
  /** All of it has left. */
  sent: 4,
  /** The final answer has begun, perhaps before all of the request had left. */
  answering: 5,
  /** Nothing can be written any more, while there may be something to read. */
  lastWords: 6,
  /** It speaks another protocol, for good. */
  handedOver: 7,
} as const;

export type ConnectionState = (typeof states)[keyof typeof states];
