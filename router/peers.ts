import type { Socket } from 'node:net';
import type { PeerFacts } from './outbound-headers.ts';

/** What is known of each client connection, worked out once when it is made. */
export class Peers {
  readonly #facts = new WeakMap<Socket, PeerFacts>();
  readonly #isTrusted: (address: string) => boolean;

  constructor(isTrusted: (address: string) => boolean) {
    this.#isTrusted = isTrusted;
  }

  of(socket: Socket): PeerFacts {
    const known = this.#facts.get(socket);
    if (known !== undefined) return known;
    const address = plainAddress(socket.remoteAddress ?? 'unknown');
    const facts = {
      address,
      trusted: this.#isTrusted(address),
      encrypted: 'encrypted' in socket,
      via: 'alpnProtocol' in socket && socket.alpnProtocol === 'h2' ? '2 banyan' : '1.1 banyan',
      closing: false,
    };
    this.#facts.set(socket, facts);
    return facts;
  }
}

/** An IPv4 client of a dual-stack listener shows as `::ffff:10.0.0.7`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
