import { connect, type NatsConnection } from '@nats-io/transport-node';

/**
 * One connection, never renewed by itself: after a break whoever uses it looks at the stream again before going on, since the broker that
 * comes back may have lost its disk.
 *
 * @throws when the broker cannot be reached within `timeoutMs`
 */
export function connectToBroker(url: string, name: string, timeoutMs = 5_000): Promise<NatsConnection> {
  return connect({ servers: url, name, reconnect: false, timeout: timeoutMs, pingInterval: 10_000 });
}
