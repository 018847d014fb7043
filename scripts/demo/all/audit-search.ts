import { setTimeout as wait } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { tokenOf } from '../ledger.ts';

export interface SearchVerdict {
  /** Products that can be bought, by the rows. */
  readonly live: number;
  /** Products of the index. */
  readonly indexed: number;
  /** Products that were searched for one by one: those that visitors changed, and some of the others. */
  readonly searched: number;
  readonly findings: readonly string[];
}

interface Row {
  readonly id: number;
  readonly shop_id: number;
  readonly name: string;
  readonly price: string;
  readonly status: string;
}

const most = { changed: 400, others: 200 };
const limit = 100;
/** What the index has is read from the feed: the last changes may be on their way. Longer than the bound that the service states (10 s). */
const patienceMs = 20_000;

/**
 * Holds the index against the rows, asked as clients ask it: it has as many products as can be bought, and each one is found by its name, in its shop, as it
 * is now, or is not found because it cannot be bought.
 */
export async function auditSearch(
  router: string,
  products: DatabaseEndpoint,
  indexedNow: () => Promise<number>,
  signal: AbortSignal,
): Promise<SearchVerdict> {
  const rows = await rowsOf(products);
  const live = rows.filter(({ status }) => status === 'live').length;
  const deadline = performance.now() + patienceMs;
  let indexed = await indexedNow();
  while (indexed !== live && performance.now() < deadline) {
    await wait(500, undefined, { signal });
    indexed = await indexedNow();
  }
  const findings = live === indexed ? [] : [`search: the index has ${indexed} products, the rows ${live}`];
  const changed = rows.filter(({ name }) => tokenOf(name) !== null).slice(0, most.changed);
  const every = Math.max(1, Math.floor(rows.length / most.others));
  const searched = new Set([...changed, ...rows.filter((_, place) => place % every === 0)]);
  for (const row of searched) {
    const found = await search(router, row.name, row.shop_id);
    const one = found.find(({ id }) => id === row.id);
    const is = one === undefined ? null : `${one.name}, ${one.price}`;
    const should = row.status === 'live' ? `${row.name}, ${row.price}` : null;
    // Beyond the page it may be all the same.
    if (is !== should && !(is === null && found.length === limit))
      findings.push(
        `search: product ${row.id} is ${is ?? 'not found'} and should be ${should ?? 'not found'}`,
      );
  }
  if (indexed !== live) findings.push(...(await strangers(router, rows)));
  return { live, indexed, searched: searched.size, findings };
}

/** What visitors wrote and the index has although no row that can be bought does: by the tokens in the names. */
async function strangers(router: string, rows: readonly Row[]): Promise<string[]> {
  const bought = new Set(rows.filter(({ status }) => status === 'live').map(({ id }) => id));
  const found: string[] = [];
  for (const shop of new Set(rows.map(({ shop_id }) => shop_id))) {
    for (const writer of ['w0', 'w1', 'w2']) {
      const products = await search(router, writer, shop);
      for (const { id, name } of products)
        if (!bought.has(id)) found.push(`search: product ${id}, ${name}, is found and cannot be bought`);
    }
  }
  return found;
}

async function search(router: string, words: string, shop: number): Promise<readonly Row[]> {
  const q = encodeURIComponent(words);
  const response = await fetch(`${router}/api/search?q=${q}&shopId=${shop}&limit=${limit}`, {
    signal: AbortSignal.timeout(30_000),
  });
  const { products = [] } = (await response.json()) as { products?: readonly Row[] };
  return products;
}

async function rowsOf(database: DatabaseEndpoint): Promise<readonly Row[]> {
  const connection = await createConnection(database);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT id, shop_id, name, price, status FROM products ORDER BY id',
    );
    return rows as Row[];
  } finally {
    await connection.end();
  }
}
