import { connect } from 'node:net';
import { parseAddress } from '../config/address.ts';

/** True if something listens at one of the addresses (`host:port` or an origin). */
export async function anyListens(addresses: readonly string[], withinMs: number): Promise<boolean> {
  const answers = await Promise.all(addresses.map((address) => listens(address, withinMs)));
  return answers.includes(true);
}

function listens(address: string, withinMs: number): Promise<boolean> {
  const parsed = address.includes('://') ? fromOrigin(address) : parseAddress(address);
  if (parsed === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: parsed.host, port: parsed.port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    // A process that a busy machine left standing hears of its timers before it hears of its connections.
    socket.setTimeout(withinMs, () => setImmediate(end, false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function fromOrigin(origin: string) {
  const url = new URL(origin);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}
