import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay extends AsyncDisposable {
  readonly address: string;
  /** What clients send stays here until `release`: it is on its way. */
  hold(): void;
  /** Bytes that are held. */
  readonly held: number;
  release(): void;
  /** On the connections that there are nothing passes any more, and nobody is told: as when a cable is cut. */
  cut(): void;
}

/** A network between clients and a server, in which a test can stop time. */
export async function startRelay(target: string): Promise<Relay> {
  const sockets = new Set<Socket>();
  let waiting: (() => void)[] | null = null;
  let held = 0;
  let cuts = 0;
  const inOrder = (step: () => void): void => {
    if (waiting === null) step();
    else waiting.push(step);
  };
  const [host, port] = target.split(':') as [string, string];
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const cutsBefore = cuts;
    const isWhole = (): boolean => cuts === cutsBefore;
    const far = connect({ host, port: Number(port), allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => sockets.delete(socket));
    }
    near.on('data', (chunk: Buffer) => {
      if (!isWhole()) return;
      if (waiting !== null) held += chunk.length;
      inOrder(() => far.write(chunk));
    });
    near.on('end', () => isWhole() && inOrder(() => far.end()));
    near.once('close', () => isWhole() && inOrder(() => far.destroy()));
    far.on('data', (chunk: Buffer) => isWhole() && near.write(chunk));
    far.on('end', () => isWhole() && near.end());
    far.once('close', () => isWhole() && near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold() {
      waiting ??= [];
    },
    get held() {
      return held;
    },
    release() {
      const steps = waiting ?? [];
      waiting = null;
      held = 0;
      for (const step of steps) step();
    },
    cut() {
      cuts++;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
