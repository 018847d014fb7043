import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from '../exchange.ts';

/** A response that knows its exchange, so that its listeners need no closure. */
export class RouterResponse extends ServerResponse<IncomingMessage> {
  exchange: Exchange | null = null;
  /** True once a piece of the body was written. */
  bodyBegun = false;
  /** True while an answer's next piece waits for the client to take the last one. */
  awaitsDrain = false;
  /** Where informational responses are not text on a socket: how to send one. */
  informational: ((status: number, rawHeaders: readonly string[]) => void) | null = null;
}
