import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a network does to the connections of one process with one server. */
export type Weather = 'well' | 'cut' | 'silent';

/**
 * A TCP relay that can be told to break. `cut`: every connection is reset and new ones too. `silent`: nothing passes
 * either way and nothing is closed, as behind a firewall that drops packets.
 */
export class ChaosProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #to: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #weather: Weather = 'well';

  private constructor(server: Server, to: number) {
    this.#server = server;
    this.#to = to;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#join(client));
  }

  /** Listens on a free port of 127.0.0.1 and relays to `to`, another port there. */
  static async open(to: number): Promise<ChaosProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ChaosProxy(server, to);
  }

  setWeather(weather: Weather): void {
    this.#weather = weather;
    for (const [client, server] of this.#pairs) {
      if (weather === 'cut') {
        client.resetAndDestroy();
        server.destroy();
      } else if (weather === 'silent') {
        client.pause();
        server.pause();
      } else {
        client.resume();
        server.resume();
      }
    }
  }

  /** Every connection of this moment is reset; new ones are let through. */
  resetAll(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  #join(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#weather === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#to, '127.0.0.1');
    server.on('error', () => undefined);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.once('close', end);
    server.once('close', end);
    client.pipe(server);
    server.pipe(client);
    if (this.#weather === 'silent') {
      client.pause();
      server.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resetAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
