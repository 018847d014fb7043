import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import { connectToBroker } from './broker.ts';
import type { EventStream } from './domain-event.ts';

/** The events that are sent from now on, as they are sent, until the signal. It keeps no position: for people. */
export async function* watchEvents(
  broker: string,
  stream: EventStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const connection = await connectToBroker(broker, `watch of ${stream.name}`);
  try {
    const { consumers } = jetstream(connection);
    const consumer = await consumers.get(stream.name, { deliver_policy: DeliverPolicy.New });
    const messages = await consumer.consume();
    const stop = () => messages.stop();
    signal.addEventListener('abort', stop, { once: true });
    connection.closed().then(stop);
    for await (const message of messages) yield message.string();
  } finally {
    await connection.close();
  }
}
