/** Rows of a database to NATS JetStream: what an outbox and the toolkit's change feed share. */

export { connectToBroker } from './connect-to-broker.ts';
export { loadNats, type NatsClient } from './nats-client.ts';
export type { PublishedMessage, RelayMessage, RelayRows, RelayWatermark, StreamPlace } from './relay-rows.ts';
export { type RelayLog, StreamRelay, type StreamRelayOptions } from './stream-relay.ts';
