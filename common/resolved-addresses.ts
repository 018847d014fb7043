import { ADDRCONFIG } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { pause } from './pause.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface ResolvedAddress extends HostAndPort {
  /** What was written in the settings: a certificate has to bear it. */
  readonly name: string;
}

/** The IP addresses that a name stands for; one at least, or it rejects. */
export type LookUp = (host: string) => Promise<readonly string[]>;

export interface ResolvedAddressesOptions {
  readonly addresses: readonly HostAndPort[];
  /** How often names are looked up again, in milliseconds; 0: once. */
  readonly everyMs: number;
  /** Told of all addresses whenever a look-up found others than the one before. */
  readonly onChange: (addresses: readonly ResolvedAddress[]) => void;
  /** Default: the system's own, A and AAAA. */
  readonly lookUp?: LookUp;
}

/**
 * The addresses that names stand for, now and later: a name with several A or AAAA records counts as several addresses. A look-up that
 * fails changes nothing: what was known goes on, and before that the name itself stands for its addresses.
 */
export class ResolvedAddresses {
  readonly #options: ResolvedAddressesOptions;
  readonly #stopping = new AbortController();
  #current: readonly ResolvedAddress[];
  readonly #known = new Map<string, readonly string[]>();

  constructor(options: ResolvedAddressesOptions) {
    this.#options = options;
    this.#current = options.addresses.map(({ host, port }) => ({ host, port, name: host }));
    // Nothing to look up, and nothing that could change.
    if (options.addresses.some(({ host }) => isName(host))) void this.#run();
  }

  get current(): readonly ResolvedAddress[] {
    return this.#current;
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    do {
      await this.#lookUpAll();
      if (signal.aborted || this.#options.everyMs === 0) return;
      await pause(this.#options.everyMs, signal, { ref: false });
    } while (!signal.aborted);
  }

  async #lookUpAll(): Promise<void> {
    const { addresses, lookUp = systemLookUp, onChange } = this.#options;
    const names = new Set(addresses.map(({ host }) => host).filter(isName));
    await Promise.all(
      [...names].map(async (name) => {
        const found = await lookUp(name).catch(() => null);
        if (found !== null && found.length > 0) this.#known.set(name, found);
      }),
    );
    if (this.#stopping.signal.aborted) return;
    const all = addresses.flatMap(({ host, port }) =>
      (this.#known.get(host) ?? [host]).map((one) => ({ host: one, port, name: host })),
    );
    const unique = [...new Map(all.map((one) => [`${one.host} ${one.port}`, one])).values()];
    if (sameAddresses(unique, this.#current)) return;
    this.#current = unique;
    onChange(unique);
  }
}

/** Not `localhost`: both its addresses are the same machine, which mostly listens on one of them. */
function isName(host: string): boolean {
  return isIP(host) === 0 && host !== 'localhost';
}

/** In any order: name servers turn it with each answer. */
function sameAddresses(some: readonly HostAndPort[], others: readonly HostAndPort[]): boolean {
  const known = new Set(others.map(({ host, port }) => `${host} ${port}`));
  return some.length === others.length && some.every(({ host, port }) => known.has(`${host} ${port}`));
}

/** Of the families that this machine has addresses of: where it has no IPv6, what a name has in AAAA is out of reach. */
async function systemLookUp(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true, hints: ADDRCONFIG })).map(({ address }) => address);
}
