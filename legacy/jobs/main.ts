import { parseArgs } from 'node:util';
import pino from 'pino';
import { readConfig } from '../config.ts';
import { openDatabase } from '../database.ts';
import { createModels, type Models } from '../models/models.ts';
import { connectServices, type Services } from '../services/connect-services.ts';
import { cleanUp } from './clean-up.ts';
import { moveLogs } from './move-logs.ts';
import { nightlySales } from './nightly-sales.ts';
import { salesByShop } from './sales-by-shop.ts';

const usage = `Usage: node legacy/jobs/main.ts [JOB] [--day YYYY-MM-DD] [--json]
Runs one of the nightly jobs and prints what it did, as tab-separated lines or as JSON.
  offers          prints each shop's offers, and its sales of one day (the default)
  sales-by-shop   sums up one day's sales by shop, keeps them in daily_sales and prints them
  clean-up        deletes sessions that ran out, and logs older than 90 days
  move-logs       appends what the table logs has to the log service (LOG_SERVICE), each row once however often it is run
The day is in UTC, and yesterday unless it is given.
The database is the one that SHOP_DB_HOST, _PORT, _USER, _PASSWORD and _NAME point at.
`;

type Line = Readonly<Record<string, string | number | null>>;

interface JobResult {
  readonly json: object;
  readonly lines: readonly Line[];
}

const jobs: Readonly<
  Record<string, (models: Models, day: string, services: Services | null) => Promise<JobResult>>
> = {
  offers: async ({ database }, day) => {
    const shops = await nightlySales(database, day);
    const lines = shops.map((shop) => ({
      shop: shop.shop,
      live: shop.liveProducts,
      'sold out': shop.soldOutProducts,
      orders: shop.orders,
      items: shop.itemsSold,
      revenue: shop.revenue,
      'best seller': shop.bestSeller,
    }));
    return { json: { day, shops }, lines };
  },
  'sales-by-shop': async ({ database }, day) => {
    const shops = await salesByShop(database, day);
    return { json: { day, shops }, lines: shops.map((shop) => ({ ...shop })) };
  },
  'clean-up': async (models) => {
    const deleted = await cleanUp(models);
    return { json: { deleted }, lines: [{ ...deleted }] };
  },
  'move-logs': async ({ database }, _, services) => {
    if (services?.log === undefined) {
      throw new Error('move-logs needs the log service: set SEAM_DB_NAME, and LOG_SERVICE to its host:port.');
    }
    const moved = await moveLogs(database, services.log.client);
    return { json: { moved }, lines: [{ ...moved }] };
  },
};

const log = pino({ name: 'shop-jobs', level: process.env.LOG_LEVEL || 'warn' }, pino.destination(2));

try {
  const { values, positionals } = parseArgs({
    options: { day: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) process.stdout.write(usage);
  else await run(positionals, values.day ?? yesterday(), values.json ?? false);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(names: readonly string[], day: string, json: boolean): Promise<void> {
  const [name = 'offers', ...more] = names;
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined;
  if (job === undefined || more.length > 0) throw new Error(`${names.join(' ')} is no job.\n${usage}`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) {
    throw new Error(`--day ${day} is not a day.\n${usage}`);
  }
  const config = readConfig(process.env);
  const services = config.services && (await connectServices(config.services, log));
  const database = openDatabase(config.database, { log, poolSize: 4 });
  try {
    const models = createModels({ database, clock: () => new Date(), log, services });
    const result = await job(models, day, services);
    process.stdout.write(json ? `${JSON.stringify(result.json)}\n` : tabbed(result.lines));
  } finally {
    await services?.close();
    await database.destroy();
  }
}

/** A head of names and a line for each; nothing at all where there is no line. */
function tabbed(lines: readonly Line[]): string {
  const [first] = lines;
  if (first === undefined) return '';
  const texts = lines.map((line) => Object.values(line).map((value) => value ?? '-'));
  return [Object.keys(first), ...texts].map((cells) => `${cells.join('\t')}\n`).join('');
}

function yesterday(): string {
  return new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
}
