import type { CallContext } from '../client/options.ts';
import type { Idl } from '../idl/model.ts';
import type { ProtocolName } from '../wire/protocols.ts';
import type { HttpInput } from './http-types.ts';
import type { FoundProblem } from './problems.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly idl: Idl;
  readonly service: string;
  readonly unknownMembers: 'ignore' | 'refuse';
  readonly protocol: ProtocolName;
}

/** A request whose arguments are to be written. */
export interface Job {
  readonly rpcMethod: string;
  readonly input: Omit<HttpInput, 'body'> & { readonly body: Uint8Array };
  readonly cursor: string | null;
  /** As the request has it: the call's own span is not begun yet. */
  readonly context: CallContext | undefined;
  /** Milliseconds until the call's deadline: the clocks of two threads do not begin at the same time. */
  readonly remainingMs: number;
}

/** The struct of the arguments in the protocol of the client, or what the request is refused for. */
export type JobResult = { readonly bytes: Uint8Array } | { readonly found: FoundProblem };
