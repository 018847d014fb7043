import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { seed } from '../seed.ts';

const usage = `Usage: node legacy/seed/main.ts [--products N] [--shops N] [--orders N] [--seed N]
Fills the empty shop database that SHOP_DB_HOST, _PORT, _USER, _PASSWORD and _NAME point at.
`;

try {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { products: text, shops: text, orders: text, seed: text, help: { type: 'boolean' } },
  });
  if (values.help) process.stdout.write(usage);
  else await fill(values);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function fill(values: Readonly<Record<string, string | boolean | undefined>>): Promise<void> {
  const counts = Object.entries(values).map(([name, value]) => [name, count(name, String(value))]);
  await seed(readConfig(process.env).database, {
    ...Object.fromEntries(counts),
    onProgress({ table, done, total }) {
      if (done === total) process.stdout.write(`${table}: ${done} rows\n`);
    },
  });
}

function count(name: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new Error(`--${name} ${value} is not a number.\n${usage}`);
  return Number(value);
}
