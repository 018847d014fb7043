import { BlockList, isIP } from 'node:net';

/** An IP address, or a block in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). */
export function isPeer(text: string): boolean {
  return readPeer(text) !== null;
}

/** Tells the addresses of these peers from others. Each must be one that `isPeer` holds for. */
export function trustCheck(peers: readonly string[]): (address: string) => boolean {
  if (peers.length === 0) return () => false;
  const list = new BlockList();
  for (const text of peers) {
    const peer = readPeer(text);
    if (peer === null) throw new TypeError(`${text} is no address and no CIDR block`);
    if (peer.bits === null) list.addAddress(peer.address, peer.type);
    else list.addSubnet(peer.address, peer.bits, peer.type);
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}

interface Peer {
  readonly address: string;
  readonly type: 'ipv4' | 'ipv6';
  readonly bits: number | null;
}

function readPeer(text: string): Peer | null {
  const [, address = '', prefix] = /^([^/]*)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return null;
  const bits = prefix === undefined ? null : Number(prefix);
  if (bits !== null && bits > (family === 4 ? 32 : 128)) return null;
  return { address, type: family === 4 ? 'ipv4' : 'ipv6', bits };
}
