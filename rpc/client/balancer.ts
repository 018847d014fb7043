import { BanyanError } from '../../common/errors.ts';
import { type ResolvedAddress, ResolvedAddresses } from '../../common/resolved-addresses.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { Standing } from './address-health.ts';
import { AddressPool } from './address-pool.ts';
import type { Call } from './call.ts';
import { unavailable } from './errors.ts';
import type { ClientOptions, Settings } from './options.ts';

export interface BalancerDeps {
  readonly settings: Settings;
  readonly writer: ProtocolWriter;
  readonly reader: ProtocolReader;
  /** Called whenever a call that waits may find room. */
  readonly onRoom: () => void;
}

/** The service's addresses, and which of them each call goes to. */
export class Balancer {
  readonly #deps: BalancerDeps;
  readonly #tls: ClientOptions['tls'];
  readonly #resolved: ResolvedAddresses;
  #pools: readonly AddressPool[];
  /** Of addresses that a name stands for no more: their calls end. */
  #former: readonly AddressPool[] = [];
  #turn = 0;

  /** @throws BanyanError `BANYAN_RPC_ADDRESS` */
  constructor(
    { addresses, tls, lookUp }: Pick<ClientOptions, 'addresses' | 'tls' | 'lookUp'>,
    deps: BalancerDeps,
  ) {
    if (addresses.length === 0) throw badAddress('');
    this.#deps = deps;
    this.#tls = tls;
    this.#resolved = new ResolvedAddresses({
      addresses: addresses.map(hostAndPort),
      everyMs: deps.settings.lookupMs,
      onChange: (now) => this.#changed(now),
      ...(lookUp === undefined ? {} : { lookUp }),
    });
    this.#pools = this.#resolved.current.map((one) => this.#newPool(one));
  }

  #newPool({ host, port, name }: ResolvedAddress): AddressPool {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return new AddressPool({ ...this.#deps, host, port, address, tls: withName(this.#tls, host, name) });
  }

  #changed(now: readonly ResolvedAddress[]): void {
    const before = new Map(this.#pools.map((pool) => [pool.address, pool]));
    const wanted = now.map((one) => this.#newPool(one));
    this.#pools = wanted.map((pool) => before.get(pool.address) ?? pool);
    const gone = [...before.values()].filter((pool) => !this.#pools.includes(pool));
    this.#former = [...this.#former.filter((pool) => pool.connections > 0), ...gone];
    for (const pool of gone) pool.retire();
    this.#deps.onRoom();
  }

  /** Addresses that calls may go to. */
  get size(): number {
    return this.#pools.length;
  }

  /** Sockets held. */
  get connections(): number {
    return this.#all().reduce((sum, pool) => sum + pool.connections, 0);
  }

  /** Sends the call to the least loaded address of those that stand best. True once it needs no more room: it was sent, or it failed. */
  trySend(call: Call): boolean {
    const now = performance.now();
    const { avoided } = call;
    const best = this.#bestStanding(now, avoided);
    const candidates = this.#pools.filter((pool) =>
      best === Standing.down ? pool.health.isWorthTrying(now) : standing(pool, now, avoided) === best,
    );
    if (candidates.length === 0) {
      const addresses = this.#pools.map((pool) => pool.address).join(', ');
      call.fail(unavailable(addresses, 'it refused lately, and is tried again after a pause'));
      return true;
    }
    if (candidates.length > 1) {
      // Turned by one each time, so that a client with few calls still uses all addresses.
      candidates.unshift(...candidates.splice(this.#turn++ % candidates.length));
      candidates.sort((a, b) => a.load - b.load);
      // In a rolling restart the first that left is the first to be back, while the last one's port is about to close.
      if (best === Standing.leaving) candidates.sort((a, b) => leaves(a, avoided) - leaves(b, avoided));
    }
    return candidates.some((pool) => pool.trySend(call));
  }

  #bestStanding(now: number, avoided: string | null): number {
    let best: number = Standing.down;
    for (const pool of this.#pools) best = Math.max(best, standing(pool, now, avoided));
    return best;
  }

  /** Whether a call that was not carried out may be sent again now. */
  isAnyWorthTrying(now: number): boolean {
    return this.#pools.some(
      (pool) => pool.health.standing(now) > Standing.down || pool.health.isWorthTrying(now),
    );
  }

  isAnotherUp(than: AddressPool, now: number): boolean {
    return this.#pools.some((pool) => pool !== than && pool.health.standing(now) > Standing.down);
  }

  /** The address that the call was sent to last. */
  poolOf(call: Call): AddressPool | undefined {
    const address = call.carrier?.address;
    return this.#all().find((pool) => pool.address === address);
  }

  /** Resolves once all sockets are closed. */
  async close(error: unknown): Promise<void> {
    this.#resolved.stop();
    await Promise.all(this.#all().map((pool) => pool.close(error)));
  }

  #all(): readonly AddressPool[] {
    return this.#former.length === 0 ? this.#pools : [...this.#pools, ...this.#former];
  }
}

/** How the address stands for a call that another one is to take if there is one. */
function standing(pool: AddressPool, now: number, avoided: string | null): number {
  const own = pool.health.standing(now);
  return pool.address === avoided ? Math.min(own, Standing.leaving) : own;
}

function leaves(pool: AddressPool, avoided: string | null): number {
  return pool.address === avoided ? Number.POSITIVE_INFINITY : pool.health.leavingUntil;
}

/** A certificate bears the name that was written, not the address that it stands for. */
function withName(tls: ClientOptions['tls'], host: string, name: string): ClientOptions['tls'] {
  if (tls === undefined || host === name) return tls;
  if (typeof tls === 'function') return () => ({ servername: name, ...tls() });
  return { servername: name, ...tls };
}

function hostAndPort(address: string): { host: string; port: number } {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(address);
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > 65535) throw badAddress(address);
  return { host: parts[1] ?? parts[2]!, port };
}

function badAddress(address: string): BanyanError {
  return new BanyanError('BANYAN_RPC_ADDRESS', `${JSON.stringify(address)} is no address of a service`, {
    fix: 'Write it as host:port, e.g. 127.0.0.1:7402.',
  });
}
