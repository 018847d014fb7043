import { isConnectionRefused } from '../../common/connection-refused.ts';
import { BanyanError } from '../../common/errors.ts';
import type { Idl, MethodDef, Place, StructDef } from '../idl/model.ts';
import { createClient } from './client.ts';
import type { ClientOptions } from './options.ts';

/** No service declares it, so that no service carries anything out for it. */
const methodName = 'banyanProbe';

export interface AnswersOptions
  extends Pick<ClientOptions, 'protocol' | 'transport' | 'multiplexed' | 'tls' | 'connections'> {
  /** `host:port`. */
  readonly address: string;
  readonly withinMs: number;
}

export interface NoReply {
  /** For people. */
  readonly why: string;
  /** Whether there was not even a connection, since nobody listens there. */
  readonly nobodyListens: boolean;
}

/**
 * Whether a Thrift server is alive behind an address: asks for a method that no service has. A reply that says so, and any
 * other well-formed one, was written by a server that reads calls in this protocol and transport. Resolves with null, or
 * with why none came within `withinMs`.
 */
export async function answersThrift({
  address,
  withinMs,
  ...options
}: AnswersOptions): Promise<NoReply | null> {
  const client = createClient({
    ...options,
    idl: probe,
    service: probeService,
    addresses: [address],
    connectTimeoutMs: withinMs,
    retries: 0,
  });
  try {
    await client.call(methodName, [], { deadlineMs: withinMs });
    return null;
  } catch (error) {
    if (error instanceof BanyanError && error.code === 'BANYAN_RPC_APPLICATION') return null;
    return { why: whyNoReply(error, address, withinMs), nobodyListens: isConnectionRefused(error) };
  } finally {
    await client.close();
  }
}

function whyNoReply(error: unknown, address: string, withinMs: number): string {
  if (!(error instanceof BanyanError)) return String(error);
  if (error.code === 'BANYAN_RPC_DEADLINE') return `no reply within ${withinMs} ms`;
  // Whoever asked knows the address.
  return error.message.startsWith(`${address} `) ? error.message.slice(address.length + 1) : error.message;
}

const probeService = 'BanyanProbe';
const nowhere: Place = { file: '(built in)', line: 1, column: 1 };
const bare = { annotations: [], docs: '', at: nowhere };
const noArguments: StructDef = {
  ...bare,
  name: `${methodName}_args`,
  qualifiedName: `${methodName}_args`,
  kind: 'struct',
  fields: [],
};
const method: MethodDef = {
  ...bare,
  name: methodName,
  oneway: false,
  args: noArguments,
  result: null,
  throws: [],
};
const probe: Idl = {
  file: nowhere.file,
  files: [],
  structs: [],
  enums: [],
  constants: [],
  services: new Map([[probeService, { ...bare, name: probeService, extends: null, methods: [method] }]]),
  warnings: [],
  annotationFaults: [],
};
