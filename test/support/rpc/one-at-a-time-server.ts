import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { seqidOf, stringReply } from './raw-server.ts';

export interface OneAtATimeServer extends AsyncDisposable {
  readonly address: string;
  /** Connections that a thread reads, or that wait for one. */
  readonly open: number;
  readonly accepted: number;
  /** Most connections open at a time so far. */
  readonly mostOpen: number;
  /** Calls that a thread has read. */
  readonly begun: number;
  /** Calls that are over for the server. */
  readonly ended: number;
}

/**
 * What servers with threads do (`TThreadedServer`, `TThreadPoolServer`): each thread reads one connection until it is closed,
 * and carries out one call after the other. With fewer threads than connections, the others wait, open.
 * A framed binary call of `ping` takes `callTakes(n)`, milliseconds or until that promise is kept, n counting from 0.
 */
export async function oneAtATimeServer(
  callTakes: (n: number) => number | Promise<unknown>,
  threads = Number.POSITIVE_INFINITY,
): Promise<OneAtATimeServer> {
  const queue: Socket[] = [];
  const sockets = new Set<Socket>();
  let begun = 0;
  let free = threads;
  let accepted = 0;
  let mostOpen = 0;
  let ended = 0;

  function next(): void {
    for (let socket = queue.shift(); socket !== undefined; socket = queue.shift()) {
      free--;
      void work(socket).finally(() => {
        free++;
        next();
      });
      if (free === 0) return;
    }
  }

  async function work(socket: Socket): Promise<void> {
    let held: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of socket) {
        held = Buffer.concat([held, chunk as Buffer]);
        while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
          const frame = held.subarray(0, 4 + held.readInt32BE(0));
          held = held.subarray(frame.length);
          const seqid = seqidOf(frame);
          const isOneway = (frame.readInt32BE(4) & 0xff) === 4;
          const n = begun++;
          const takes = callTakes(n);
          await (typeof takes === 'number' ? wait(takes) : takes);
          if (!isOneway) socket.write(stringReply('ping', seqid, `${n}`));
          ended++;
        }
      }
    } catch {
      // The client broke off: the thread is free again.
    } finally {
      socket.destroy();
    }
  }

  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    mostOpen = Math.max(mostOpen, sockets.size);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    queue.push(socket);
    if (free > 0) next();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    get open() {
      return sockets.size;
    },
    get accepted() {
      return accepted;
    },
    get mostOpen() {
      return mostOpen;
    },
    get begun() {
      return begun;
    },
    get ended() {
      return ended;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
