import { Client, type Dispatcher } from 'undici';

/** A request that waits for a connection of its own. */
export interface ConnectionUser extends Dispatcher.DispatchHandler {
  readonly dispatchOptions: Dispatcher.DispatchOptions;
  /** The connection it was sent on; to be given back once it is answered or has failed. */
  connection: Client | null;
}

/**
 * The connections to one address, one request at a time on each. The connection used last is used next: the few that are
 * needed stay warm and known to be alive, the others close by their keep-alive time. Beyond the limit requests wait,
 * first come, first served. (undici's Pool does this too, but passes every request through two dispatchers and an event.)
 */
export class UpstreamConnections {
  readonly #origin: string;
  readonly #options: Client.Options;
  readonly #limit: number;
  readonly #idle: Client[] = [];
  readonly #all = new Set<Client>();
  readonly #waiting = new Set<ConnectionUser>();

  constructor(origin: string, limit: number, options: Client.Options) {
    this.#origin = origin;
    this.#limit = limit;
    this.#options = options;
  }

  send(user: ConnectionUser): void {
    const client = this.#idle.pop() ?? this.#open();
    if (client === null) this.#waiting.add(user);
    else this.#sendOn(client, user);
  }

  /** True when the request was still waiting: it will not be sent. */
  withdraw(user: ConnectionUser): boolean {
    return this.#waiting.delete(user);
  }

  giveBack(user: ConnectionUser): void {
    const client = user.connection;
    if (client === null) return;
    user.connection = null;
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      this.#sendOn(client, next);
      return;
    }
    this.#idle.push(client);
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#all].map((client) => client.destroy()));
  }

  #open(): Client | null {
    if (this.#all.size >= this.#limit) return null;
    const client = new Client(this.#origin, this.#options);
    this.#all.add(client);
    return client;
  }

  #sendOn(client: Client, user: ConnectionUser): void {
    user.connection = client;
    client.dispatch(user.dispatchOptions, user);
  }
}
