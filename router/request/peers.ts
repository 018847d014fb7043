import type { Socket } from 'node:net';
import type { PeerFacts } from './outbound-headers.ts';

/** What is known of each client connection, worked out once when it is made. */
export class Peers {
  readonly #facts = new WeakMap<Socket, PeerFacts>();
  readonly #isTrusted: (address: string) => boolean;
  readonly #mostOpen: number;

  /** `mostOpen`: requests at once on one connection, where the protocol does not see to it itself. */
  constructor(isTrusted: (address: string) => boolean, mostOpen = Number.POSITIVE_INFINITY) {
    this.#isTrusted = isTrusted;
    this.#mostOpen = mostOpen;
  }

  of(socket: Socket): PeerFacts {
    const known = this.#facts.get(socket);
    if (known !== undefined) return known;
    const address = plainAddress(socket.remoteAddress ?? 'unknown');
    const http2 = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
    const facts = {
      address,
      trusted: this.#isTrusted(address),
      encrypted: 'encrypted' in socket,
      via: http2 ? '2 banyan' : '1.1 banyan',
      closing: false,
      open: 0,
      last: null,
      broken: false,
      mostOpen: http2 ? Number.POSITIVE_INFINITY : this.#mostOpen,
    };
    this.#facts.set(socket, facts);
    return facts;
  }
}

/** An IPv4 client of a dual-stack listener shows as `::ffff:10.0.0.7`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
