import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { BanyanError } from '../../common/errors.ts';
import { namedCall } from '../table/route-call.ts';
import { type RouteTable, routeSchema, routeTableSchema } from '../table/route-table.ts';

const schema = routeTableSchema.extend({ routes: z.array(z.preprocess(namedCall, routeSchema)) });

/** Checks a route table that came from outside this process; throws `BANYAN_ROUTE_TABLE_INVALID`. */
export function parseRouteTable(from: string, value: unknown): RouteTable {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0]!;
  throw new BanyanError(
    'BANYAN_ROUTE_TABLE_INVALID',
    `The route table from ${from} is not one: ${first.path.join('.')}: ${first.message}.`,
    { fix: 'Delete the snapshot file and let the router fetch the table from the state store again.' },
  );
}

/** Reads the last route table this router served by; null when there is none yet. */
export async function readSnapshot(file: string): Promise<RouteTable | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return parseRouteTable(file, value);
}

/** Replaces the snapshot in one step: after a crash the file holds the table before or the table after, whole. */
export async function writeSnapshot(file: string, table: RouteTable): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(table));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
