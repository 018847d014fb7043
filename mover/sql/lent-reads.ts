import { connect, type Socket } from 'node:net';
import { socketOptions } from '../../common/connection-options.ts';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';

/** Bytes that one read takes at most where rows are lent: as many as Node.js would allocate for it. */
const rowBytes = 64 * 1024;
/** And elsewhere: a control process has some hundred sessions of which most never read rows. */
const usualBytes = 16 * 1024;

/** Parts of a packet whose end is still to come, as mysql2's parser keeps them; not in its published types. */
interface PacketParser {
  readonly buffer: Buffer[];
  readonly largePacketParts: Buffer[];
}

/**
 * The socket of one connection, which reads into the same memory again and again. Else Node.js allocates new memory for each read, and
 * V8 collects its whole heap whenever some ten megabytes of it have come together: half of the CPU time of a process that copies rows.
 *
 * Whoever listens gets copies, which are his. Only while reads are lent is a chunk valid no longer than until the listener returns; of
 * what the parser keeps of it copies are made then.
 *
 * Source: https://nodejs.org/api/net.html#socketconnectoptions-connectlistener (`onread`)
 */
export class LentReads {
  readonly socket: Socket;
  #lentTo: PacketParser | null = null;
  /** Of the next read. */
  #memory = Buffer.allocUnsafeSlow(usualBytes);

  constructor(place: Pick<DatabaseEndpoint, 'host' | 'port'>) {
    const socket = connect({
      ...socketOptions(place),
      onread: {
        buffer: () => this.#memory,
        callback: (length, { buffer: memory, byteOffset }) => {
          const chunk = Buffer.from(memory, byteOffset, length);
          const parser = this.#lentTo;
          socket.emit('data', parser === null ? Buffer.from(chunk) : chunk);
          if (parser !== null) {
            own(parser.buffer, memory);
            own(parser.largePacketParts, memory);
          }
          return true;
        },
      },
    });
    this.socket = socket;
  }

  /** The reader of this connection of mysql2 looks at each packet at once from here on, and keeps none. */
  lend(connection: unknown): void {
    // Asked with each row.
    if (this.#lentTo !== null) return;
    const { packetParser } = connection as { readonly packetParser?: Partial<PacketParser> };
    const { buffer, largePacketParts } = packetParser ?? {};
    if (!Array.isArray(buffer) || !Array.isArray(largePacketParts)) return;
    this.#lentTo = packetParser as PacketParser;
    if (this.#memory.length < rowBytes) this.#memory = Buffer.allocUnsafeSlow(rowBytes);
  }

  /** What is read from here on may be kept. */
  keep(): void {
    this.#lentTo = null;
  }
}

/** Copies the parts that lie in this memory: those of the last read, since older ones were copied then. */
function own(parts: Buffer[], memory: ArrayBufferLike): void {
  for (let last = parts.length - 1; last >= 0; last -= 1) {
    const part = parts[last] as Buffer;
    if (part.buffer !== memory) return;
    parts[last] = Buffer.from(part);
  }
}
