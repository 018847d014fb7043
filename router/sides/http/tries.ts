import type { Exchange } from '../../exchange.ts';
import type { UpstreamAddress } from './upstream/upstream.ts';

/** Methods that may be sent twice: they only read (RFC 9110 §9.2.1). */
export const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The addresses of the monolith that one request goes to, one after the other, and what is noted of each. */
export class Tries {
  readonly #exchange: Exchange;
  readonly #before: UpstreamAddress[] = [];
  #address: UpstreamAddress | null = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Where the present try goes; there is one once `next` was true. */
  get address(): UpstreamAddress {
    return this.#address!;
  }

  /** True while some address was not asked yet. */
  get anotherLeft(): boolean {
    return this.#exchange.core.upstream.addresses.length > this.#before.length + 1;
  }

  /** True when a failure of this address was counted already: a request that breaks its worker is not a broken address. */
  get isRepeated(): boolean {
    return this.#before.includes(this.address) && !this.address.probing;
  }

  /** Goes on to an address. False while none may be asked: then it stays where it was. */
  next(): boolean {
    const exchange = this.#exchange;
    const last = this.#address;
    if (last !== null) this.#before.push(last);
    const address = exchange.core.upstream.pick(this.#before);
    if (address === null) return false;
    address.pending += 1;
    this.#address = address;
    if (last !== null) {
      last.pending -= 1;
      exchange.retries += 1;
    }
    return true;
  }

  answered(status: number): void {
    if (this.#exchange.core.upstream.answered(this.address, status)) this.#warnOpen('its answers');
  }

  /** `blamed`: it was the address that failed, not the client or a limit on the whole. */
  failed(error: Error, blamed: boolean): void {
    const { upstream } = this.#exchange.core;
    if (!blamed) upstream.abandoned(this.address);
    else if (upstream.failed(this.address)) this.#warnOpen(error.message);
  }

  /** Nothing more is sent for this request. */
  end(): void {
    if (this.#address !== null) this.#address.pending -= 1;
  }

  #warnOpen(why: string): void {
    this.#exchange.core.options.logger.warn(
      { address: this.address.url, error: why },
      'an address of legacy keeps failing: its circuit is open',
    );
  }
}
