import type { CallContext } from '../client/options.ts';

/** A request as the router matched it. */
export interface HttpInput {
  /** Upper case. */
  readonly method: string;
  /** Path without the query, as received. */
  readonly path: string;
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Raw, without the question mark. */
  readonly query: string;
  /** Names and values in turn, as `http.IncomingMessage.rawHeaders`. */
  readonly rawHeaders: readonly string[];
  /**
   * In pieces only for a method whose `uploadBytes` is not null. What they throw that has `refused` is answered so; anything else breaks the
   * request off.
   */
  readonly body: Buffer | AsyncIterable<Buffer> | null;
}

/** Why the rest of a body does not come. */
export interface RefusedBody extends Error {
  readonly refused: { readonly status: number; readonly code: string; readonly message: string };
}

export interface HttpOutput {
  readonly status: number;
  /** Names and values in turn; Content-Length included wherever the status allows a body. */
  readonly rawHeaders: string[];
  /**
   * null for HEAD, 204, 304 and where there is nothing to say. In pieces where the method streams (`api.stream`): then there is no
   * Content-Length, each piece is asked for when the one before was taken, and a throw breaks the answer off.
   */
  readonly body: Buffer | AsyncIterable<Buffer> | null;
  /** Set where the service could not answer: unreachable, too late, broken, or an undeclared exception. */
  readonly failure?: { readonly code: string; readonly message: string };
}

export interface InvokeOptions {
  /** Instead of the gateway's own setting. */
  readonly deadlineMs?: number;
  /** No later than this, whatever the deadline is. */
  readonly withinMs?: number;
  /** Instead of the client's own setting. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
  readonly context?: CallContext;
}
