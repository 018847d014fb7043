import { connect, type NatsConnection } from '@nats-io/transport-node';
import { connectToBroker as connectBy } from 'banyan/relay';

/** See banyan's own `connectToBroker`, by the client that services install. @throws when the broker cannot be reached within five seconds */
export function connectToBroker(url: string, name: string): Promise<NatsConnection> {
  return connectBy({ connect }, url, name);
}
