import { parseArgs } from 'node:util';
import pino from 'pino';
import { readConfig } from '../config.ts';
import { openDatabase } from '../database.ts';
import { nightlySales } from './nightly-sales.ts';

const usage = `Usage: node legacy/jobs/main.ts [--day YYYY-MM-DD] [--json]
Prints each shop's offers, and its sales of one day (default: yesterday, UTC), as tab-separated lines or as JSON.
The database is the one that SHOP_DB_HOST, _PORT, _USER, _PASSWORD and _NAME point at.
`;

const log = pino({ name: 'shop-jobs', level: process.env.LOG_LEVEL || 'warn' }, pino.destination(2));

try {
  const { values } = parseArgs({
    options: { day: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) process.stdout.write(usage);
  else await report(values.day ?? yesterday(), values.json ?? false);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function report(day: string, json: boolean): Promise<void> {
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) {
    throw new Error(`--day ${day} is not a day.\n${usage}`);
  }
  const database = openDatabase(readConfig(process.env).database, { log, poolSize: 4 });
  try {
    const shops = await nightlySales(database, day);
    if (json) {
      process.stdout.write(`${JSON.stringify({ day, shops })}\n`);
      return;
    }
    const lines = shops.map(
      ({ shop, liveProducts, soldOutProducts, orders, itemsSold, revenue, bestSeller }) =>
        [shop, liveProducts, soldOutProducts, orders, itemsSold, revenue, bestSeller ?? '-'].join('\t'),
    );
    process.stdout.write(
      `${['shop\tlive\tsold out\torders\titems\trevenue\tbest seller', ...lines].join('\n')}\n`,
    );
  } finally {
    await database.destroy();
  }
}

function yesterday(): string {
  return new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
}
