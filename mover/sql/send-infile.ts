import { type PacketConnection, sendBytes } from './packet-connection.ts';
import { packetHeaderBytes } from './packet-header.ts';

/**
 * Answers a server that asks for the file of LOAD DATA LOCAL INFILE, with the bytes of `packets` behind their headers' room, and then
 * with the empty packet that ends it. mysql2 would copy each of them, and tell nothing of when it was sent.
 *
 * One packet at a time is with the connection. Resolves when it holds none any more; rejects as `sendBytes`.
 */
export async function sendInfile(connection: PacketConnection, packets: readonly Buffer[]): Promise<void> {
  for (const packet of [...packets, Buffer.allocUnsafe(packetHeaderBytes)]) {
    packet.writeUIntLE(packet.length - packetHeaderBytes, 0, 3);
    packet[3] = connection.sequenceId;
    connection.sequenceId = (connection.sequenceId + 1) % 256;
    await sendBytes(connection, packet);
  }
}
