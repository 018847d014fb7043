import type { Call } from './call.ts';
import { Connection, type ConnectionDeps } from './connection.ts';

export type PoolDeps = Omit<ConnectionDeps, 'onOpen' | 'onClosed' | 'onRoom' | 'onGoodbye'> & {
  /** Called whenever a call of the queue may find room. */
  readonly onRoom: () => void;
};

/** How an address stands: calls go to those that stand best. */
export const Standing = {
  /** It refused connections lately. */
  down: 0,
  /** It said that it stops: its port may close over what is on its way there. */
  leaving: 1,
  /** It failed calls: better than nothing. */
  doubtful: 2,
  up: 3,
} as const;

/** Calls in flight on each connection before another one is opened: calls that share one leave in fewer writes. */
const busyLoad = 32;

/** The connections to one address, and what is known of its health. */
export class AddressPool {
  readonly address: string;
  readonly #deps: PoolDeps;
  readonly #connections = new Set<Connection>();
  #failures = 0;
  #downUntil = 0;
  #firstPauseUntil = 0;
  #backoff = 0;
  #leavingUntil = 0;
  #doubtfulUntil = 0;
  #doubt = 0;

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

  /** One of `Standing`. */
  standing(now: number): number {
    if (now < this.#downUntil) return Standing.down;
    if (now < this.#leavingUntil) return Standing.leaving;
    return now < this.#doubtfulUntil ? Standing.doubtful : Standing.up;
  }

  /** False for one that refused a connection a moment ago; any other may be tried where all are down. */
  isWorthTrying(now: number): boolean {
    return now >= this.#firstPauseUntil;
  }

  /** When it is taken for back, in milliseconds of `performance.now()`: of those that leave, the first to leave is the first. */
  get leavingUntil(): number {
    return this.#leavingUntil;
  }

  /** Sends the call if there is room for it. */
  trySend(call: Call): boolean {
    const connection = this.#pick();
    if (connection === null) return false;
    call.attempts++;
    connection.send(call);
    return true;
  }

  /** The emptiest connection; a new one while all are busy or silent and there may be more. */
  #pick(): Connection | null {
    const { connectionsPerAddress, callsPerConnection } = this.#deps.settings;
    let best: Connection | null = null;
    let usable = 0;
    for (const connection of this.#connections) {
      if (!connection.isUsable) continue;
      usable++;
      if (best === null || isBetter(connection, best)) best = connection;
    }
    if (best === null) best = this.#open();
    else if (usable < connectionsPerAddress) {
      const isBusy = best.load >= Math.min(callsPerConnection, busyLoad);
      if (best.isSuspect || isBusy) best = this.#open();
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
      onGoodbye: () => this.leaving(),
    });
    this.#connections.add(connection);
    return connection;
  }

  #backOff(): void {
    const now = performance.now();
    this.#backoff = this.#longer(this.#backoff);
    this.#downUntil = now + jittered(this.#backoff);
    this.#firstPauseUntil = now + jittered(this.#deps.settings.backoffMs);
  }

  #longer(pause: number): number {
    const { backoffMs, backoffMaxMs } = this.#deps.settings;
    return Math.min(backoffMaxMs, pause === 0 ? backoffMs : pause * 2);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#doubt = 0;
  }

  /** A connection was lost, or a deadline missed that says something of the address. */
  failed(): void {
    this.#failures++;
    if (this.#failures < this.#deps.settings.ejectAfter) return;
    this.#failures = 0;
    this.#doubt = this.#longer(this.#doubt);
    this.#doubtfulUntil = performance.now() + jittered(this.#doubt);
  }

  /** It said that it stops: its connections are closed as their calls end, and others are preferred for a while. */
  leaving(): void {
    this.#leavingUntil = performance.now() + this.#deps.settings.backoffMaxMs;
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

function isBetter(one: Connection, other: Connection): boolean {
  return one.isSuspect === other.isSuspect ? one.load < other.load : !one.isSuspect;
}

/** So that many clients do not come back in one moment. */
function jittered(pause: number): number {
  return pause * (0.75 + Math.random() / 2);
}
