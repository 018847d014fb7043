import type { Linked } from '../../common/linked-queue.ts';
import type { MethodDef } from '../idl/model.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import type { Refusal } from '../wire/refusal.ts';
import type { CallContext } from './options.ts';

/** One call on its way. It ends exactly once, whatever happens to connections meanwhile. */
export interface Call extends Linked<Call> {
  readonly method: MethodDef;
  /** Name on the wire, with the service's in front where it is multiplexed. */
  readonly wireName: string;
  readonly isIdempotent: boolean;
  readonly retries: number;
  /** As it is to be sent: with a tracer, under this call's span. */
  readonly context: CallContext | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** Writes the arguments' struct. */
  readonly write: (w: ProtocolWriter, call: Call) => void;
  /** Takes the reply's message, read up to its head. */
  readonly read: (r: ProtocolReader, messageType: number) => void;
  readonly fail: (error: unknown) => void;
  /** Ends a oneway call once it is sent. */
  readonly sent: () => void;
  /** The connection failed: send it again if that is safe, else fail it. */
  readonly lost: (error: unknown, wasSent: boolean) => void;
  /** The service answered that it did not carry the call out: send it elsewhere, else fail it. */
  readonly refused: (refusal: Refusal, why: string) => void;
  isSettled: boolean;
  /** What carries it, or carried it last. */
  carrier: Carrier | null;
  /** The address that refused or lost it last: any other one comes first. */
  avoided: string | null;
  seqid: number;
  /** Pieces that its connection had received when it was sent. */
  heardBefore: number;
  attempts: number;
}

/** What a call needs of its connection. */
export interface Carrier {
  readonly address: string;
  /** The caller gave up. `isDeadline`: the reply did not come in time. */
  forget(call: Call, isDeadline: boolean): void;
  /** How long no byte has come although calls wait for some, in milliseconds. */
  silentMs(now: number): number;
}
