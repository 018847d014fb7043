import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawServer extends AsyncDisposable {
  readonly address: string;
  /** Sockets open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections accepted so far. */
  readonly accepted: number;
}

/** A TCP server that does what the test says with each chunk: for everything that a real service must never do. */
export async function rawServer(
  onData: (socket: Socket, chunk: Buffer) => void,
  port = 0,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => onData(socket, chunk));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return {
    address: `127.0.0.1:${bound}`,
    sockets,
    get accepted() {
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A framed binary reply with a string result. */
export function stringReply(name: string, seqid: number, text: string, type = 2): Buffer {
  const value = Buffer.from(text);
  const body = Buffer.concat([
    int32((0x80010000 | type) >> 0),
    int32(name.length),
    Buffer.from(name),
    int32(seqid),
    Buffer.from([11, 0, 0]),
    int32(value.length),
    value,
    Buffer.from([0]),
  ]);
  return Buffer.concat([int32(body.length), body]);
}

/** A framed binary application exception of type "internal error". */
export function exceptionReply(name: string, seqid: number, text: string): Buffer {
  const reply = stringReply(name, seqid, text, 3);
  // The message is field 1, and the number field 2.
  reply[reply.length - 1 - Buffer.byteLength(text) - 5] = 1;
  const body = Buffer.concat([reply.subarray(4, -1), Buffer.from([8, 0, 2]), int32(6), Buffer.from([0])]);
  return Buffer.concat([int32(body.length), body]);
}

/** The sequence id of a framed binary call. */
export function seqidOf(frame: Buffer): number {
  return frame.readInt32BE(12 + frame.readInt32BE(8));
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
