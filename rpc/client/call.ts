import type { MethodDef } from '../idl/model.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import type { Connection } from './connection.ts';
import type { CallContext } from './options.ts';

/** One call on its way. It ends exactly once, whatever happens to connections meanwhile. */
export interface Call {
  readonly method: MethodDef;
  /** Name on the wire, with the service's in front where it is multiplexed. */
  readonly wireName: string;
  readonly isIdempotent: boolean;
  readonly context: CallContext | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** Writes the arguments' struct. */
  readonly write: (w: ProtocolWriter) => void;
  /** Takes the reply's message, read up to its head. */
  readonly read: (r: ProtocolReader, messageType: number) => void;
  readonly fail: (error: unknown) => void;
  /** Ends a oneway call once it is sent. */
  readonly sent: () => void;
  /** The connection failed: send it again if that is safe, else fail it. */
  readonly lost: (error: unknown, wasSent: boolean) => void;
  isSettled: boolean;
  connection: Connection | null;
  seqid: number;
  attempts: number;
}
