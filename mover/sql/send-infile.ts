import type { Writable } from 'node:stream';

/** A packet's length and number, before its bytes. */
export const packetHeaderBytes = 4;

/** What mysql2's connection has of it; not in its published types. */
export interface PacketConnection {
  /** Of the next packet, 0 to 255. */
  sequenceId: number;
  readonly stream: Writable;
}

/**
 * Answers a server that asks for the file of LOAD DATA LOCAL INFILE, with the bytes of `packets` behind their headers' room, and then
 * with the empty packet that ends it. mysql2 would copy each of them, and tell nothing of when it was sent.
 *
 * One packet at a time is with the connection. Resolves when it holds none any more; rejects where it could not send one: then it may
 * still hold it.
 */
export async function sendInfile(connection: PacketConnection, packets: readonly Buffer[]): Promise<void> {
  for (const packet of [...packets, Buffer.allocUnsafe(packetHeaderBytes)]) {
    packet.writeUIntLE(packet.length - packetHeaderBytes, 0, 3);
    packet[3] = connection.sequenceId;
    connection.sequenceId = (connection.sequenceId + 1) % 256;
    await new Promise<void>((resolve, reject) => {
      connection.stream.write(packet, (error) => (error ? reject(error) : resolve()));
    });
  }
}
