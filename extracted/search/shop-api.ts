import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Change } from './document.ts';

const product = z.object({
  id: z.int(),
  shopId: z.int(),
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  price: z.string(),
  status: z.enum(['draft', 'live', 'sold_out']),
  attributes: z.unknown(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const pages = {
  products: z.object({ products: z.array(product), next: z.int().optional() }),
  shops: z.object({
    shops: z.array(z.object({ id: z.int(), state: z.enum(['open', 'paused', 'closed']) })),
    next: z.int().optional(),
  }),
};

const pageSize = 100;
const pageMs = 10_000;
const attempts = 5;
const retryMs = 500;

/**
 * What an index is built from: all shops and products, page by page, as the shop's API answers them at the router. So it is the owner's
 * rows whoever owns them, and this service needs no account on another one's database.
 */
export async function* readShop(url: string, signal: AbortSignal): AsyncGenerator<readonly Change[]> {
  for await (const { shops } of readPages(url, 'shops', signal)) {
    yield shops.map(({ id, state }) => ({ kind: 'shop', id, state }));
  }
  for await (const { products } of readPages(url, 'products', signal)) {
    // An index begins empty: what is not to be found is left out.
    yield products
      .filter(({ status }) => status === 'live')
      .map(({ status: _, attributes, ...rest }) => ({
        kind: 'product',
        id: rest.id,
        document: { ...rest, ...(attributes !== null && { attributes: JSON.stringify(attributes) }) },
      }));
  }
}

async function* readPages<Name extends keyof typeof pages>(url: string, name: Name, signal: AbortSignal) {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: z.output<(typeof pages)[Name]> = await readPage(url, name, after, signal);
    yield page;
    after = page.next;
  }
}

/** @throws Error that names the address, after a few attempts */
async function readPage<Name extends keyof typeof pages>(
  url: string,
  name: Name,
  after: number,
  signal: AbortSignal,
): Promise<z.output<(typeof pages)[Name]>> {
  const address = `${url}/api/${name}?after=${after}&limit=${pageSize}`;
  for (let left = attempts; ; left -= 1) {
    try {
      const response = await fetch(address, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(pageMs)]),
      });
      const body = await response.text();
      if (!response.ok) throw new Error(`it answered ${response.status}: ${body.slice(0, 200)}`);
      return pages[name].parse(JSON.parse(body)) as z.output<(typeof pages)[Name]>;
    } catch (error) {
      signal.throwIfAborted();
      if (left === 1) throw new Error(`${address} cannot be read: ${(error as Error).message}`);
      await wait(retryMs, undefined, { signal });
    }
  }
}
