import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type ServiceTls, serviceTlsSchema } from '../../../router/tls/tls-settings.ts';
import { loadIdl } from '../../../rpc/http/load-idl.ts';
import { thriftRoutes } from '../feature-routes.ts';
import { type ServiceIdentityConfig, serviceIdentityInput } from '../identity-input.ts';
import { resolveFiles } from '../resolve-files.ts';
import { address, count, milliseconds } from '../values.ts';
import type { ConfiguredKind } from './service-kind.ts';

/** A service that is called in Thrift: its IDL declares the feature's routes. */
export const thriftServiceInput = z.strictObject({
  kind: z.literal('thrift').default('thrift'),
  /** Path of the IDL, relative to the config file. */
  idl: z.string().min(1),
  /** Folders in which its includes are looked for, relative to the config file. */
  includes: z.array(z.string().min(1)).optional(),
  /** The service's name in the IDL. */
  name: z.string().min(1),
  addresses: z.array(address).min(1, { error: 'needs at least one address' }),
  protocol: z.enum(['binary', 'compact']).default('binary'),
  transport: z.enum(['framed', 'buffered', 'header']).default('header'),
  deadlineMs: milliseconds.default(5_000),
  connectTimeoutMs: milliseconds.default(1_000),
  /** To each address, and calls on each; left out, the client has defaults. */
  connections: count.optional(),
  callsPerConnection: count.optional(),
  /** How long a connection that carries one call at a time is kept before others have their turn. */
  turnMs: milliseconds.optional(),
  /** Its name within a multiplexed processor (TMultiplexedProcessor). */
  multiplexed: z
    .string()
    .regex(/^[^:]+$/, { error: 'is no name of a service' })
    .optional(),
  /** Given, it is called over TLS. */
  tls: serviceTlsSchema.optional(),
  identity: serviceIdentityInput.optional(),
});

export interface ThriftServiceConfig {
  readonly kind: 'thrift';
  /** Absolute path. */
  readonly idl: string;
  /** Absolute paths of the folders in which includes are looked for that are not beside their IDL. */
  readonly includes?: readonly string[];
  readonly name: string;
  /** `host:port` each. */
  readonly addresses: readonly string[];
  readonly protocol: 'binary' | 'compact';
  readonly transport: 'framed' | 'buffered' | 'header';
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
  readonly connections?: number | undefined;
  readonly callsPerConnection?: number | undefined;
  readonly turnMs?: number | undefined;
  readonly multiplexed?: string;
  /** Absolute paths. */
  readonly tls?: ServiceTls;
  readonly identity?: ServiceIdentityConfig | undefined;
}

export const thriftService: ConfiguredKind<z.output<typeof thriftServiceInput>, ThriftServiceConfig> = {
  complete: ({ tls, multiplexed, includes, ...rest }, directory) => ({
    ...rest,
    ...(tls && { tls: resolveFiles(tls, directory) }),
    idl: resolve(directory, rest.idl),
    ...(includes !== undefined && { includes: includes.map((folder) => resolve(directory, folder)) }),
    ...(multiplexed !== undefined && { multiplexed }),
  }),
  routes: thriftRoutes,
  async called({ kind, name, protocol, transport, multiplexed, idl, includes }, routes) {
    const calls = routes.map(({ id, call }) => [id, call]);
    return [kind, name, protocol, transport, multiplexed, calls, await idlContents(idl, includes)];
  },
  addresses: ({ addresses }) => addresses,
};

/** Of the IDL and all that it includes; null where it cannot be read by now. */
async function idlContents(file: string, includes?: readonly string[]): Promise<readonly string[] | null> {
  try {
    const { files } = await loadIdl(file, includes === undefined ? {} : { includes });
    return await Promise.all(files.map((one) => readFile(one, 'utf8')));
  } catch {
    return null;
  }
}
