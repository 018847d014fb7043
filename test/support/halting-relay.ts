import pino from 'pino';
import { OutboxRelay } from '../../extracted/events/index.ts';
import { readDatabaseConfig } from '../../extracted/product/config.ts';
import { openDatabase } from '../../extracted/product/database.ts';
import { productEvents } from '../../extracted/product/product-events.ts';

// The product service's relay, until events are acknowledged and not yet marked so: there it says so and stands still.
const log = pino({ level: 'silent' });
await new OutboxRelay({
  database: openDatabase(readDatabaseConfig(process.env), log, 1),
  broker: process.env.NATS_URL!,
  stream: productEvents,
  log,
  beforeMark: () => {
    process.stdout.write(`${JSON.stringify({ halted: true })}\n`);
    return new Promise(() => undefined);
  },
}).run(new AbortController().signal);
