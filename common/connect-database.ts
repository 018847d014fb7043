import { type Connection, createConnection } from 'mysql2/promise';
import { connectionOptions, serverOptions } from './connection-options.ts';
import type { DatabaseEndpoint } from './database-endpoint.ts';

/** A connection to an endpoint. Rejects also where `connectionOptions` throws. `connectTimeout`: milliseconds */
export async function connectTo(endpoint: DatabaseEndpoint, connectTimeout: number): Promise<Connection> {
  return createConnection({ ...connectionOptions(endpoint), connectTimeout });
}

/** The same with no database chosen. */
export async function connectToServer(
  endpoint: DatabaseEndpoint,
  connectTimeout: number,
): Promise<Connection> {
  return createConnection({ ...serverOptions(endpoint), connectTimeout });
}
