import { AddressHealth } from './address-health.ts';
import type { Call } from './call.ts';
import { chooseConnection } from './choose-connection.ts';
import { Connection, type ConnectionDeps } from './connection.ts';
import { takesCalls } from './connection-state.ts';
import { givesWay, idleGraceMs, longestInQueue } from './give-way.ts';

export type PoolDeps = Omit<ConnectionDeps, 'onOpen' | 'onClosed' | 'onRoom' | 'onGoodbye'> & {
  /** Called whenever a call of the queue may find room. */
  readonly onRoom: () => void;
};

/** The connections to one address: more of them under load, fewer when there is none. */
export class AddressPool {
  readonly address: string;
  readonly health: AddressHealth;
  readonly #deps: PoolDeps;
  readonly #connections = new Set<Connection>();
  /** When a connection was last given up in favour of this one. */
  readonly #favoured = new WeakMap<Connection, number>();

  constructor(deps: PoolDeps) {
    this.#deps = deps;
    this.address = deps.address;
    this.health = new AddressHealth(deps.settings);
  }

  /** Calls in flight. */
  get load(): number {
    let load = 0;
    for (const connection of this.#connections) load += connection.load;
    return load;
  }

  /** Sockets held, for tests and metrics. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Sends the call if there is room for it. */
  trySend(call: Call): boolean {
    const choice = chooseConnection(this.#connections, {
      mayOpen: this.#usable() < this.#limit(),
      isOneway: call.method.oneway,
    });
    if (choice === null) return false;
    call.attempts++;
    (choice === 'open' ? this.#open() : choice).send(call);
    return true;
  }

  #usable(): number {
    let usable = 0;
    for (const { state } of this.#connections) if (takesCalls(state)) usable++;
    return usable;
  }

  #limit(): number {
    const { connections } = this.#deps.settings;
    for (const { capacity } of this.#connections) if (capacity > 1) return connections.shared;
    return connections.ofOneCall;
  }

  #open(): Connection {
    const connection = new Connection({
      ...this.#deps,
      onOpen: () => this.health.connected(),
      onClosed: (closed, wasOpen) => {
        this.#connections.delete(closed);
        if (!wasOpen) this.health.notConnected();
        this.#deps.onRoom();
      },
      onRoom: (freed) => this.#freed(freed),
      onGoodbye: () => this.leaving(),
    });
    this.#connections.add(connection);
    return connection;
  }

  /** A call ended on the connection: what it is good for now. */
  #freed(connection: Connection): void {
    const now = performance.now();
    if (connection.state === 'owing') this.#limitOwing();
    else if (connection.load === 0 && this.#mustGo(connection, now)) connection.retire();
    this.#deps.onRoom();
    if (connection.capacity > 1 || connection.load > 0 || connection.state !== 'proven') return;
    if (this.#inQueue(now) !== null) this.#giveWayIfIdle(connection, now - connection.sentAt);
  }

  #mustGo(connection: Connection, now: number): boolean {
    if (connection.capacity > 1) return this.#usable() > this.#deps.settings.connections.shared;
    if (connection.openedAt > 0 && now - connection.openedAt > this.#deps.settings.turnMs) return true;
    const queued = this.#inQueue(now);
    return queued !== null && givesWay(connection, queued) && this.#favour(queued, now);
  }

  #giveWayIfIdle(connection: Connection, lastCallMs: number): void {
    const { idleSince } = connection;
    const timer = setTimeout(() => {
      if (connection.load > 0 || connection.state !== 'proven' || connection.idleSince !== idleSince) return;
      const now = performance.now();
      const queued = this.#inQueue(now);
      if (queued === null) return;
      this.#favour(queued, now);
      connection.retire();
    }, idleGraceMs(lastCallMs));
    timer.unref();
  }

  #inQueue(now: number): Connection | null {
    return longestInQueue(this.#connections, (one) => this.#favoured.get(one) ?? 0, now);
  }

  #favour(queued: Connection, now: number): true {
    this.#favoured.set(queued, now);
    return true;
  }

  /** Those whose servers are busy with calls that nobody waits for come on top of the others, up to the same number. */
  #limitOwing(): void {
    const owing = [...this.#connections].filter(({ state }) => state === 'owing');
    const excess = owing.length - this.#deps.settings.connections.ofOneCall;
    for (const connection of owing.slice(0, Math.max(0, excess))) connection.retire();
  }

  /** It said that it stops: its connections are closed as their calls end, and others are preferred for a while. */
  leaving(): void {
    this.health.leaves();
    this.retire();
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
