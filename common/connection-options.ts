import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { SslOptions } from 'mysql2';
import type { DatabaseEndpoint, DatabaseTls } from './database-endpoint.ts';

/** What mysql2 and knex need to connect to an endpoint. */
export interface EndpointOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl?: SslOptions;
  readonly stream?: () => ReturnType<typeof connect>;
}

/** For `createConnection`. @throws the error of a file of `tls` that cannot be read */
export function connectionOptions({ tls, ...place }: DatabaseEndpoint): EndpointOptions {
  if (tls === undefined) return place;
  const { host, port } = place;
  const encrypted = { ...place, ssl: sslOptions(tls) };
  if (tls.serverName === undefined) return encrypted;
  // mysql2 checks the certificate for its `host`, and asks its own connection to go elsewhere.
  return {
    ...encrypted,
    host: tls.serverName,
    stream: () => connect(socketOptions({ host, port })),
  };
}

/** For a socket that is made for mysql2, which sets none of it on a `stream`. */
export function socketOptions({ host, port }: Pick<DatabaseEndpoint, 'host' | 'port'>) {
  return { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 } as const;
}

/** For `createConnection` with no database chosen: it may not be there yet. @throws as `connectionOptions` */
export function serverOptions(endpoint: DatabaseEndpoint): Omit<EndpointOptions, 'database'> {
  const { database: _, ...server } = connectionOptions(endpoint);
  return server;
}

function sslOptions({ caFile, certFile, keyFile }: DatabaseTls): SslOptions {
  return {
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certFile !== undefined && { cert: readFileSync(certFile, 'utf8') }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile, 'utf8') }),
    rejectUnauthorized: true,
    verifyIdentity: true,
    minVersion: 'TLSv1.2',
  };
}
