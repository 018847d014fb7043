import { isIP } from 'node:net';
import { LinkedQueue } from '../../../../common/linked-queue.ts';
import type { ConnectionUser } from './connection-user.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import type { CurrentTls } from './upstream-tls.ts';

export interface ConnectionsOptions {
  /** `http://host:port` or `https://…`. */
  readonly origin: string;
  /** At most so many at once. */
  readonly limit: number;
  readonly connectMs: number;
  /** How long a request waits for one of them to become free, milliseconds. */
  readonly waitMs: number;
  /** How long an idle connection is kept, milliseconds; less where the upstream announces less. */
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  /** How long a connection to a name that stands for no known address carries requests, milliseconds. */
  readonly nameAgeMs: number;
  /** For an `https://` origin. */
  readonly tls: CurrentTls;
}

/** How often time limits are looked at, milliseconds: nothing ends early, and nothing much later than this. */
const sweepMs = 200;

/**
 * The connections to one address, one request at a time on each. The connection used last is used next: the few that are
 * needed stay warm and known to be alive, the others close by their keep-alive time. Beyond the limit requests wait,
 * first come, first served, and not for ever.
 *
 * Requests are given their connections once for each turn of the event loop, after everything that had arrived was read: so a
 * connection that the upstream has closed meanwhile, or on which it sent octets that nobody asked for, is found out before a
 * request is sent on it.
 */
export class UpstreamConnections {
  readonly #options: ConnectionsOptions;
  readonly #url: URL;
  readonly #isName: boolean;
  readonly #buffer = Buffer.allocUnsafeSlow(64 * 1024);
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  readonly #waiting = new LinkedQueue<ConnectionUser>();
  #scheduled = false;
  #retired = false;
  #sweep: NodeJS.Timeout | null = null;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#url = new URL(options.origin);
    this.#isName = isIP(this.#url.hostname.replace(/^\[|\]$/g, '')) === 0;
  }

  send(user: ConnectionUser): void {
    user.waitingSince = performance.now();
    this.#waiting.add(user);
    this.#schedule();
  }

  /** True when the request was still waiting: it will not be sent. */
  withdraw(user: ConnectionUser): boolean {
    return this.#waiting.delete(user);
  }

  giveBack(user: ConnectionUser): void {
    const { connection } = user;
    if (connection === null) return;
    user.connection = null;
    if (connection.reusable && !this.#retired && !this.#isOutdated(connection)) {
      connection.idleSince = performance.now();
      connection.resume();
      this.#idle.push(connection);
    } else connection.destroy();
    if (this.#waiting.size > 0) this.#schedule();
  }

  /** Whether requests are under way, or wait. */
  get inUse(): boolean {
    return this.#all.size > 0 || this.#waiting.size > 0;
  }

  /** What is under way or waits is still served; then the connections close. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** The user keeps its connection for another protocol: it counts here no longer. */
  letGo(user: ConnectionUser): void {
    const { connection } = user;
    if (connection === null) return;
    user.connection = null;
    this.#forget(connection);
  }

  async destroy(): Promise<void> {
    for (const connection of this.#all) connection.destroy(new Error('the router stops'));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#serveWaiting);
  }

  readonly #serveWaiting = (): void => {
    this.#scheduled = false;
    let uploading = false;
    for (let user = this.#waiting.first; user !== null; user = this.#waiting.first) {
      const { body } = user.dispatchOptions;
      if (body === null && uploading) {
        // A body is read from the next tick on; what came after it, perhaps pipelined by one client, does not overtake it.
        this.#schedule();
        return;
      }
      uploading = body !== null;
      const connection = this.#takeIdle() ?? this.#open();
      if (connection === null) return;
      this.#waiting.delete(user);
      connection.assign(user);
    }
  };

  #takeIdle(): UpstreamConnection | null {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      // The sweep may be late on a busy machine; the upstream's clock is not.
      if (last.reusable && performance.now() - last.idleSince < last.keepAliveMs) return last;
      last.destroy();
    }
    return null;
  }

  /** A name may stand for another machine by now: connections to one do not live for ever, however busy they are. */
  #isOutdated(connection: UpstreamConnection): boolean {
    return this.#isName && performance.now() - connection.madeAt >= this.#options.nameAgeMs;
  }

  #open(): UpstreamConnection | null {
    if (this.#all.size >= this.#options.limit) return null;
    const { hostname, port, protocol } = this.#url;
    const encrypted = protocol === 'https:';
    const connection = new UpstreamConnection({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (encrypted ? 443 : 80) : Number(port),
      tls: encrypted ? this.#options.tls() : null,
      connectMs: this.#options.connectMs,
      keepAliveMs: this.#options.keepAliveMs,
      headerBytes: this.#options.headerBytes,
      buffer: this.#buffer,
      onClosed: this.#onClosed,
    });
    this.#all.add(connection);
    this.#sweep ??= setInterval(this.#check, sweepMs).unref();
    return connection;
  }

  readonly #onClosed = (connection: UpstreamConnection): void => {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#forget(connection);
  };

  #forget(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    if (this.#waiting.size > 0) this.#schedule();
    if (this.#all.size > 0 || this.#sweep === null) return;
    clearInterval(this.#sweep);
    this.#sweep = null;
  }

  readonly #check = (): void => {
    const now = performance.now();
    for (const connection of this.#all) connection.check(now);
    // All waited equally long at most: the first in line is the first to give up.
    for (let user = this.#waiting.first; user !== null; user = this.#waiting.first) {
      if (now - user.waitingSince < this.#options.waitMs) return;
      this.#waiting.delete(user);
      user.onNoneFree();
    }
  };
}
