import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'vitest';

/** One end of a connection, written to and read from by hand. */
export class Wire {
  readonly socket: Socket;
  /** All that came, Latin-1. */
  text = '';
  /** The other side has said that it says no more. */
  ended = false;
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      this.text += piece;
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static to(port: number, options: { allowHalfOpen?: boolean } = {}): Wire {
    return new Wire(connect({ port, host: '127.0.0.1', ...options }));
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  async has(text: string): Promise<void> {
    await expect.poll(() => this.text, { interval: 2 }).toContain(text);
  }

  async isClosed(): Promise<void> {
    await expect.poll(() => this.closed, { interval: 2 }).toBe(true);
  }
}

/** A monolith that is played by hand: its connections, in the order in which they were made. */
export async function startWires() {
  const wires: Wire[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => wires.push(new Wire(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wires,
    /** The n-th connection, when it is there. */
    async nth(n: number): Promise<Wire> {
      await expect.poll(() => wires.length, { interval: 2 }).toBeGreaterThan(n);
      return wires[n]!;
    },
    /** Ends all connections and forgets them. */
    clear(): void {
      for (const { socket } of wires) socket.destroy();
      wires.length = 0;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const { socket } of wires) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
