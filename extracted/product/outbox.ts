import { Command, InvalidArgumentError } from 'commander';
import pino from 'pino';
import { OutboxRelay, OutboxRows, watchEvents } from '../events/index.ts';
import { readDatabaseConfig } from './config.ts';
import { openDatabase } from './database.ts';
import { productEvents } from './product-events.ts';

const log = pino({ name: 'product-outbox', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));
// One connection: the lock of the relay belongs to it.
const database = openDatabase(readDatabaseConfig(process.env), log, 1);
const rows = new OutboxRows(database, productEvents);
const print = (json: boolean | undefined, facts: object, text: string) =>
  process.stdout.write(`${json ? JSON.stringify(facts) : text}\n`);

const usualBroker = process.env.NATS_URL || 'nats://127.0.0.1:4222';

const program = new Command('outbox').description(
  'The product service’s events on their way to NATS JetStream.',
);

program
  .command('relay')
  .description('sends events until it is stopped (SIGTERM); a second one stands by')
  .option('--broker <url>', 'the NATS server', usualBroker)
  .addHelpText(
    'after',
    '\nExample:\n  node extracted/product/outbox.ts relay --broker nats://10.0.0.9:4222\n',
  )
  .action(async ({ broker }: { broker: string }) => {
    process.stdout.write(`${JSON.stringify({ ready: true, broker, pid: process.pid })}\n`);
    await new OutboxRelay({ database, broker, stream: productEvents, log }).run(untilStopped());
  });

program
  .command('watch')
  .description('prints each event that is sent from now on, one JSON object a line, until it is stopped')
  .option('--broker <url>', 'the NATS server', usualBroker)
  .addHelpText('after', '\nExample:\n  node extracted/product/outbox.ts watch | jq .type\n')
  .action(async ({ broker }: { broker: string }) => {
    for await (const body of watchEvents(broker, productEvents, untilStopped()))
      process.stdout.write(`${body}\n`);
  });

program
  .command('status')
  .description('how many events wait and since when')
  .option('--json', 'as one JSON object')
  .addHelpText('after', '\nExample:\n  node extracted/product/outbox.ts status --json\n')
  .action(async ({ json }: { json?: true }) => {
    const standing = await rows.standing();
    const { pending, oldest, kept } = standing;
    const since = oldest === null ? '' : `, the oldest since ${oldest}`;
    print(json, standing, `waiting  ${pending}${since}\nkept     ${kept}`);
  });

program
  .command('republish')
  .description('has events sent again that were acknowledged: consumers know those that they have processed')
  .option('--since <time>', 'only events that happened since then, ISO 8601', readTime)
  .option('--dry-run', 'only count them')
  .option('--json', 'as one JSON object')
  .addHelpText(
    'after',
    '\nExample:\n  node extracted/product/outbox.ts republish --since 2026-11-30T00:00:00Z --dry-run\n',
  )
  .action(async (flags: { since?: Date; dryRun?: true; json?: true }) => {
    const { since = null, dryRun, json } = flags;
    const events = dryRun ? await rows.countSince(since) : await rows.unmarkSince(since);
    print(
      json,
      { events, dryRun: dryRun === true },
      `${events} events ${dryRun ? 'would be' : 'are'} sent again.`,
    );
  });

function untilStopped(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Give a time like 2026-11-30T00:00:00Z.');
  return time;
}

try {
  await program.parseAsync();
} catch (error) {
  const { message } = error as Error;
  const fix = 'Is PRODUCT_DB_* the product service’s database, migrated, and NATS_URL the broker?';
  process.stderr.write(`error ${message}\n  fix:  ${fix}\n`);
  process.exitCode = 1;
} finally {
  await database.destroy();
}
