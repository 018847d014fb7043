import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from '../exchange/exchange.ts';

/** What the router keeps of a response beside Node's own. */
export interface ResponseState {
  exchange: Exchange | null;
  /** True once a piece of the body was written. */
  bodyBegun: boolean;
  /** All that is left of the body, Latin-1 where it is text: written at the end of the turn. null: more may come. */
  rest: Buffer | string | null;
  /** True while its head or its end waits for the end of the turn. */
  awaitsTurnEnd: boolean;
  /** True while an answer's next piece waits for the client to take the last one. */
  awaitsDrain: boolean;
  /** True where a short body costs less as a text that is written together with the head. */
  readonly takesText: boolean;
  /** Where informational responses are not text on a socket: how to send one. */
  informational: ((status: number, rawHeaders: readonly string[]) => void) | null;
}

/** A response that knows its exchange, so that its listeners need no closure. */
export class RouterResponse extends ServerResponse<IncomingMessage> implements ResponseState {
  exchange: Exchange | null = null;
  bodyBegun = false;
  rest: Buffer | string | null = null;
  awaitsTurnEnd = false;
  awaitsDrain = false;
  readonly takesText: boolean = true;
  informational: ((status: number, rawHeaders: readonly string[]) => void) | null = null;
}

/** For a response that another server made. */
export const foreignResponse: ResponseState = {
  exchange: null,
  bodyBegun: false,
  rest: null,
  awaitsTurnEnd: false,
  awaitsDrain: false,
  takesText: false,
  informational: null,
};
