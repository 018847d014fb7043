import { fileURLToPath } from 'node:url';
import { type CallOptions, type ClientOptions, createClient, loadIdl, registeredTracer } from 'banyan/rpc';
import type { Logger } from 'pino';
import { requestContext } from '../http/request-context.ts';

export interface RemoteServiceOptions {
  /** As its folder in `extracted/`, which has the IDL: the contract is all that the shop has of a service. */
  readonly name: string;
  /** In the IDL. */
  readonly service: string;
  readonly transport: NonNullable<ClientOptions['transport']>;
  readonly addresses: readonly string[];
  /** What one call may take, milliseconds. */
  readonly deadlineMs: number;
  readonly log: Logger;
}

/** A service that the shop's own code asks. */
export interface RemoteService<Client> {
  /** Its calls carry the id and the trace of the request that they are made for, and end when the request must be answered. */
  readonly client: Client;
  /** Lets calls under way end. */
  close(): Promise<void>;
}

type Call = (method: string, args: readonly unknown[], options?: CallOptions) => Promise<unknown>;

/** @throws BanyanError when the IDL is none, or has no such service. */
export async function remoteService<Client extends { call: unknown }>(
  options: RemoteServiceOptions,
): Promise<RemoteService<Client>> {
  const { name, service, transport, addresses, deadlineMs, log } = options;
  const idl = await loadIdl(
    fileURLToPath(new URL(`../../extracted/${name}/${name}.thrift`, import.meta.url)),
  );
  const tracer = registeredTracer();
  const thrift = createClient({
    ...{ idl, service, transport, addresses },
    ...(tracer !== undefined && { tracer }),
  });
  const call: Call = async (method, args, said) => {
    const { requestId, traceparent, deadlineAt = Number.POSITIVE_INFINITY } = requestContext() ?? {};
    const left = Math.floor(deadlineAt - performance.now());
    log.debug({ service, method, requestId, traceparent }, 'Asks a service.');
    return thrift.call(method, args, {
      deadlineMs: Math.max(1, Math.min(deadlineMs, left)),
      context: {
        ...(requestId !== undefined && { requestId }),
        ...(traceparent !== undefined && { traceparent }),
      },
      ...said,
    });
  };
  // What the types written from the IDL say is more than this function can.
  return { client: { call } as unknown as Client, close: () => thrift.close() };
}
