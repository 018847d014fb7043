import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsClient } from './nats-client.ts';

const timeoutMs = 5_000;

/**
 * One connection, never renewed by itself: after a break whoever uses it looks at the stream again before going on, since the broker that
 * comes back may have lost its disk.
 *
 * @throws when the broker cannot be reached within five seconds
 */
export async function connectToBroker(
  transport: Pick<NatsClient['transport'], 'connect'>,
  url: string,
  name: string,
): Promise<NatsConnection> {
  await answers(url);
  return transport.connect({
    ...{ servers: url, name, reconnect: false },
    ...{ timeout: timeoutMs, pingInterval: 10_000 },
  });
}

/**
 * Waits for a broker's first word. The client does so as well, but one that gave up waiting keeps its socket: a connection that nobody has is
 * left when a frozen broker goes on, and no process with one ends by itself.
 */
async function answers(url: string): Promise<void> {
  const { protocol, hostname, port } = new URL(url.includes('://') ? url : `nats://${url}`);
  // Over TLS a broker may wait for the handshake.
  if (protocol !== 'nats:') return;
  const socket = createConnection({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 4222) });
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(timeoutMs) });
  } finally {
    socket.destroy();
  }
}
