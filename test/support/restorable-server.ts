import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Engine,
  freePorts,
  type PrivateServer,
  startPrivateServer,
} from '../../scripts/servers/index.ts';
import { makeDataFolder } from './data-folder.ts';
import type { TestServer } from './database-servers.ts';

/** A server of one test's own that can be stopped, kept as it is, and put back to what was kept. */
export class RestorableServer implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #port: number;
  #running: PrivateServer | null = null;

  private constructor(engine: Engine, folder: string, port: number) {
    this.#engine = engine;
    this.#folder = folder;
    this.#port = port;
  }

  static async start(engine: Engine): Promise<RestorableServer> {
    const [port] = (await freePorts(1)) as [number];
    const folder = await makeDataFolder('restorable');
    const server = new RestorableServer(engine, folder, port);
    await server.#begin();
    return server;
  }

  get place(): TestServer {
    return { host: '127.0.0.1', port: this.#port, user: 'banyan', password: 'test' };
  }

  async backUp(): Promise<void> {
    await this.stop();
    await cp(this.#data, join(this.#folder, 'kept'), { recursive: true });
    await this.#begin();
  }

  async restore(): Promise<void> {
    // What it would put in order at its stop goes with the rest.
    await this.lose();
    await cp(join(this.#folder, 'kept'), this.#data, { recursive: true });
    await this.#begin();
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = null;
  }

  /** kill -9, and all that it had is gone. */
  async lose(): Promise<void> {
    const server = this.#running;
    this.#running = null;
    if (server === null) return;
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    await rm(this.#data, { recursive: true });
  }

  /** A new one with nothing in it, on the same port. */
  async beginAnew(): Promise<void> {
    await this.#begin();
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  async #begin(): Promise<void> {
    this.#running = await startPrivateServer({
      ...{ engine: this.#engine, dataDir: this.#data, port: this.#port, user: 'banyan', password: 'test' },
      serverId: 300,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
