import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One address that leads to one server or another: what a virtual address or a name does at a failover. */
export interface Switchboard extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections; new ones go to this port, or nowhere. */
  leadTo(port: number | null): void;
}

export async function startSwitchboard(to: number): Promise<Switchboard> {
  const sockets = new Set<Socket>();
  let target: number | null = to;
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((near) => {
    sockets.add(near);
    near.on('error', () => undefined);
    near.once('close', () => sockets.delete(near));
    if (target === null) {
      near.destroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: target });
    for (const socket of [near, far]) socket.setNoDelay(true);
    far.on('error', () => near.destroy());
    far.once('close', () => near.destroy());
    near.once('close', () => far.destroy());
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port;
      end();
    },
    async [Symbol.asyncDispose]() {
      end();
      server.close();
      await once(server, 'close');
    },
  };
}
