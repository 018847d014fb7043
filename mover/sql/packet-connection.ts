import type { Writable } from 'node:stream';

/** What mysql2's connection has of it; not in its published types. */
export interface PacketConnection {
  /** Of the next packet, 0 to 255. */
  sequenceId: number;
  readonly stream: Writable;
}

/** Resolves when the connection holds these bytes no more; rejects where it could not send them: then it may still hold them. */
export function sendBytes({ stream }: PacketConnection, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
