import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';

/** `answer`: a COMMIT reaches the server and its answer is lost. `commit`: it does not even reach the server. */
export type LostCommit = 'answer' | 'commit';

/** Stands between control and its state store, and loses what it is told to lose. */
export class StoreProxy implements AsyncDisposable {
  readonly endpoint: DatabaseEndpoint;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();
  #lose: LostCommit | null = null;
  #away = false;

  private constructor(server: ReturnType<typeof createServer>, to: DatabaseEndpoint) {
    this.#server = server;
    this.endpoint = { ...to, host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    server.on('connection', (client) => this.#join(client, to));
  }

  static async open(to: DatabaseEndpoint): Promise<StoreProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StoreProxy(server, to);
  }

  /** The next COMMIT of any connection. */
  loseNextCommit(what: LostCommit): void {
    this.#lose = what;
  }

  /** Cuts every connection and refuses new ones; or lets them come again. */
  setAway(away: boolean): void {
    this.#away = away;
    if (away) for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, to: DatabaseEndpoint): void {
    if (this.#away) {
      client.destroy();
      return;
    }
    const server = connect(to.port, to.host);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    server.on('data', (data) => client.write(data));
    client.on('data', (data) => {
      const lose = data.includes('COMMIT') ? this.#lose : null;
      if (lose === null) {
        server.write(data);
        return;
      }
      this.#lose = null;
      server.removeAllListeners('data');
      if (lose === 'commit') {
        client.destroy();
        return;
      }
      // The server's answer says that the commit is done: only then is it lost.
      server.once('data', () => client.destroy());
      server.write(data);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.setAway(true);
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
