import type { Call } from './call.ts';
import { Connection, type ConnectionDeps } from './connection.ts';

export type PoolDeps = Omit<ConnectionDeps, 'onOpen' | 'onClosed' | 'onRoom'> & {
  /** Called whenever a call of the queue may find room. */
  readonly onRoom: () => void;
};

/** Calls in flight on each connection before another one is opened: calls that share one leave in fewer writes. */
const busyLoad = 32;

/** The connections to one address, and what is known of its health. */
export class AddressPool {
  readonly address: string;
  readonly #deps: PoolDeps;
  readonly #connections = new Set<Connection>();
  #failures = 0;
  #awayUntil = 0;
  #backoff = 0;

  constructor(deps: PoolDeps) {
    this.#deps = deps;
    this.address = deps.address;
  }

  /** Calls in flight and sockets held, for tests and metrics. */
  get load(): number {
    let load = 0;
    for (const connection of this.#connections) load += connection.load;
    return load;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Whether calls may go there: not refused lately, not ejected. */
  isUp(now: number): boolean {
    return now >= this.#awayUntil;
  }

  /** Sends the call if there is room for it. */
  trySend(call: Call): boolean {
    const connection = this.#pick();
    if (connection === null) return false;
    call.attempts++;
    connection.send(call);
    return true;
  }

  /** The emptiest connection; a new one while all are busy and there may be more. */
  #pick(): Connection | null {
    const { connectionsPerAddress, callsPerConnection } = this.#deps.settings;
    let best: Connection | null = null;
    let usable = 0;
    for (const connection of this.#connections) {
      if (!connection.isUsable) continue;
      usable++;
      if (best === null || connection.load < best.load) best = connection;
    }
    if (best === null || (best.load > 0 && usable < connectionsPerAddress)) {
      const isBusy = best === null || best.load >= Math.min(callsPerConnection, busyLoad);
      if (isBusy) best = this.#open();
    }
    return best !== null && best.load < callsPerConnection ? best : null;
  }

  #open(): Connection {
    const connection = new Connection({
      ...this.#deps,
      onOpen: () => {
        this.#backoff = 0;
      },
      onClosed: (closed, wasOpen) => {
        this.#connections.delete(closed);
        if (!wasOpen) this.#backOff();
        this.#deps.onRoom();
      },
      onRoom: () => this.#deps.onRoom(),
    });
    this.#connections.add(connection);
    return connection;
  }

  #backOff(): void {
    const { backoffMs, backoffMaxMs } = this.#deps.settings;
    this.#backoff = Math.min(backoffMaxMs, this.#backoff === 0 ? backoffMs : this.#backoff * 2);
    // Jitter, so that many clients do not come back in one moment.
    this.#awayUntil = performance.now() + this.#backoff * (0.75 + Math.random() / 2);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** A deadline or a lost connection; `mayEject`: there are other addresses to go to. */
  failed(mayEject: boolean): void {
    this.#failures++;
    if (!mayEject || this.#failures < this.#deps.settings.ejectAfter) return;
    this.#failures = 0;
    this.#backOff();
  }

  /** No new calls; connections close as theirs end. */
  retire(): void {
    for (const connection of this.#connections) connection.retire();
  }

  /** Resolves once all sockets are closed. */
  async close(error: unknown): Promise<void> {
    const connections = [...this.#connections];
    for (const connection of connections) connection.end(error);
    await Promise.all(connections.map((connection) => connection.closed));
  }
}
