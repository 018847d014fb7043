import { type PacketConnection, sendBytes } from './packet-connection.ts';
import { packetHeaderBytes } from './packet-header.ts';

/** MARIADB_CLIENT_STMT_BULK_OPERATIONS, of the extended capabilities. */
const bulkOperations = 4;
/** CLIENT_MYSQL: a client that sets it has no extended capabilities. */
const isMysqlClient = 1;

/** A packet of MariaDB's COM_STMT_BULK_EXECUTE without its header, and without the number of its statement. */
export interface BulkCommand {
  readonly rows: number;
  /** Begins with room for the header. */
  readonly head: Buffer;
  /** What follows, in one packet with it. */
  readonly pieces: readonly Buffer[];
}

/** mysql2's first command on a connection; not in its published types. */
interface Handshake {
  clientFlags: number;
  mariadbExtendedClientFlags: number;
  readonly handshake: { readonly mariadbExtendedCapabilityFlags?: number } | null;
  sendCredentials(connection: unknown): unknown;
  sendSSLRequest(connection: unknown): unknown;
}

/**
 * Has a connection that was just made tell its server, where that is a MariaDB, that statements may be executed in bulk: mysql2 asks for
 * other extended capabilities only. Answers with whether both agreed on it, once it is connected.
 */
export function askForBulk(connection: unknown): () => boolean {
  const command = (connection as { readonly _command?: Partial<Handshake> })._command;
  let agreed = false;
  for (const step of ['sendSSLRequest', 'sendCredentials'] as const) {
    const byDefault = command?.[step];
    if (command === undefined || byDefault === undefined) continue;
    command[step] = function send(this: Handshake, to: unknown) {
      if (((this.handshake?.mariadbExtendedCapabilityFlags ?? 0) & bulkOperations) !== 0) {
        this.clientFlags &= ~isMysqlClient;
        this.mariadbExtendedClientFlags |= bulkOperations;
        agreed = true;
      }
      return byDefault.call(this, to);
    };
  }
  return () => agreed;
}

/** Sends the command as the first packet of its exchange. Resolves when the connection holds none of its bytes any more. */
export async function sendBulk(
  connection: PacketConnection,
  statement: number,
  { head, pieces }: BulkCommand,
): Promise<void> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, head.length - packetHeaderBytes);
  head.writeUIntLE(bytes, 0, 3);
  head[3] = connection.sequenceId;
  head.writeUInt32LE(statement, packetHeaderBytes + 1);
  connection.sequenceId = (connection.sequenceId + 1) % 256;
  await Promise.all([head, ...pieces].map((part) => sendBytes(connection, part)));
}
