import { isIP } from 'node:net';
import { type ResolvedAddress, ResolvedAddresses } from '../../../../common/resolved-addresses.ts';
import { Evidence } from './evidence.ts';
import type { UpstreamOptions } from './upstream.ts';
import { UpstreamConnections } from './upstream-connections.ts';
import type { CurrentTls, UpstreamTls } from './upstream-tls.ts';

/** One address of a side and what this router knows of it. */
export interface UpstreamAddress {
  /** Where it is: an IP address, or the name as long as it could not be looked up. */
  readonly url: string;
  /** As it was written in the settings, `host` or `host:port`: what a request that names no other is sent with. */
  readonly host: string;
  readonly connections: UpstreamConnections;
  /** How it is met where it is `https://`. */
  readonly tls: CurrentTls;
  /** Requests sent and not answered whole. */
  pending: number;
  /** What speaks against it since it last answered. */
  readonly evidence: Evidence;
  /** It is left out until then, by the monotonic clock; after that one request at a time probes it. `closed`: all may come. */
  openUntil: number;
  /** How often in a row it opened: each time for longer. */
  openings: number;
  /** True while a request is out to see whether an address that was open answers again. */
  probing: boolean;
  /** What the health checks say; true without them. */
  healthy: boolean;
}

export const closed = Number.NEGATIVE_INFINITY;

/**
 * A side's addresses, as the settings write them and as names among them are looked up, at the start and from time to time: each
 * address that a name stands for counts as one of its own, with connections and a standing of its own. One that it stands for
 * no more is given no further request.
 */
export class UpstreamAddresses {
  readonly #options: UpstreamOptions;
  readonly #now: () => number;
  readonly #onChange: () => void;
  readonly #resolved: ResolvedAddresses;
  readonly #origins: readonly URL[];
  #current: readonly UpstreamAddress[];
  /** Of which requests may still be under way. */
  #former: readonly UpstreamAddress[] = [];

  constructor(options: UpstreamOptions, now: () => number, onChange: () => void) {
    this.#options = options;
    this.#now = now;
    this.#onChange = onChange;
    this.#origins = options.addresses.map((address) => new URL(address));
    this.#resolved = new ResolvedAddresses({
      addresses: this.#origins.map((origin) => ({ host: hostOf(origin), port: portOf(origin) })),
      everyMs: options.nameAgeMs,
      onChange: (found) => this.#changed(found),
      ...(options.lookUp === undefined ? {} : { lookUp: options.lookUp }),
    });
    this.#current = this.#resolved.current.map((one) => this.#make(one));
  }

  get current(): readonly UpstreamAddress[] {
    return this.#current;
  }

  async close(): Promise<void> {
    this.#resolved.stop();
    await Promise.all([...this.#current, ...this.#former].map(({ connections }) => connections.destroy()));
  }

  #changed(found: readonly ResolvedAddress[]): void {
    const before = new Map(this.#current.map((address) => [address.url, address]));
    const now = found.map((one) => {
      const made = this.#make(one);
      return before.get(made.url) ?? made;
    });
    const gone = this.#current.filter((address) => !now.includes(address));
    for (const { connections } of gone) connections.retire();
    this.#former = [...this.#former, ...gone].filter(({ connections }) => connections.inUse);
    this.#current = now;
    this.#options.logger.info(
      { addresses: now.map(({ url }) => url), gone: gone.map(({ url }) => url) },
      'the names of a side were looked up: these are its addresses now',
    );
    this.#onChange();
  }

  #make({ host, port, name }: ResolvedAddress): UpstreamAddress {
    const origin = this.#origins.find((one) => hostOf(one) === name && portOf(one) === port)!;
    const at = new URL(origin.origin);
    at.hostname = host.includes(':') ? `[${host}]` : host;
    const { tls: common, breaker } = this.#options;
    const tls = isIP(name) === 0 ? withName(common, name) : common;
    return {
      url: at.origin,
      host: origin.host,
      connections: new UpstreamConnections({
        origin: at.origin,
        limit: this.#options.connections,
        connectMs: this.#options.connectMs,
        waitMs: this.#options.waitMs,
        keepAliveMs: this.#options.keepAliveMs,
        headerBytes: this.#options.headerBytes,
        nameAgeMs: this.#options.nameAgeMs,
        tls,
      }),
      tls,
      pending: 0,
      evidence: new Evidence(breaker, this.#now),
      openUntil: closed,
      openings: 0,
      probing: false,
      healthy: true,
    };
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** A certificate bears the name that was written, not the address that it stands for. The same object as long as nothing changed. */
function withName(tls: CurrentTls, servername: string): CurrentTls {
  let given: UpstreamTls | null = null;
  let named: UpstreamTls = {};
  return () => {
    const now = tls();
    if (now !== given) named = { servername, ...now };
    given = now;
    return named;
  };
}
