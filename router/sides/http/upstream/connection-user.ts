import type { Linked } from '../../../../common/linked-queue.ts';
import type { UploadBody } from './upload.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

export interface UpstreamRequest {
  readonly path: string;
  readonly method: string;
  /** Names and values in turn; no hop-by-hop fields. */
  readonly headers: readonly string[];
  readonly body: UploadBody | Buffer | null;
  /** The lines about this hop, whole. */
  readonly hop: string;
  /** The head expects `100 Continue`: so long the body waits for it, milliseconds. null: it waits for nothing. */
  readonly continueMs: number | null;
  /** True when the head asks for another protocol, so that 101 is an answer. */
  readonly switches: boolean;
  /** Longest wait for the response's head, once the request is sent, milliseconds. */
  readonly headersTimeout: number;
  /** Longest pause in the response's body, milliseconds. */
  readonly bodyTimeout: number;
}

/** Who is told what comes. After `onResponseEnd` or `onResponseError` nothing more does. */
export interface ConnectionReader {
  /** Valid during the call only: the next read, perhaps of another connection, goes to the same memory. */
  onResponseData(connection: UpstreamConnection, piece: Buffer): void;
  onResponseEnd(connection: UpstreamConnection): void;
  onResponseError(connection: UpstreamConnection, error: Error): void;
}

/** Who asked: told what becomes of the request. */
export interface ConnectionUser extends ConnectionReader, Linked<ConnectionUser> {
  readonly dispatchOptions: UpstreamRequest;
  /** The connection it was given; given back once it is answered or has failed. */
  connection: UpstreamConnection | null;
  /** When it began to wait for one, by the monotonic clock; the pool's to set. */
  waitingSince: number;
  /** No connection became free in time. It stands in line no longer. */
  onNoneFree(): void;
  /** The connection stands: the last moment for `abort` to prevent that anything is sent. */
  onRequestStart(connection: UpstreamConnection): void;
  /** The head leaves now. */
  onHeadLeaving(): void;
  /** Informational responses (1xx) come here too, before the final one. */
  onResponseStart(connection: UpstreamConnection, status: number, reason: string): void;
}

/** Who has the connection for itself, once it speaks another protocol. */
export interface ConnectionOwner extends ConnectionReader {
  /** What was written has left: more may be written. */
  onDrain(): void;
}
