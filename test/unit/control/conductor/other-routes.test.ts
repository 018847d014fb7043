import { expect, test } from 'vitest';
import { describeOtherRoutes, otherRoutes } from '../../../../control/conductor/other-routes.ts';
import { seenRoutes } from '../../../../control/conductor/seen-routes.ts';
import type { FeatureConfig } from '../../../../control/config/index.ts';
import type { Move } from '../../../../mover/index.ts';
import type { Route } from '../../../../router/table/route-table.ts';

const route = (feature: string, method: string, path: string) => ({ feature, method, path }) as Route;
const routes = [
  route('product', 'PUT', '/products/:id'),
  route('product', 'POST', '/products'),
  route('order', 'POST', '/orders/:id/lines'),
];
const caller = (name: string, table = 'products', seen = 1, lastSeenSecondsAgo = 5) => ({
  ...{ app: 'monolith', caller: name, table, seen, lastSeenSecondsAgo, statement: '' },
});

test('routes that write to a feature’s tables and do not move with it are told, and nothing else is', () => {
  const own = [caller('PUT /products/:productId'), caller('POST /products/')];
  const unknown = [caller('job nightly'), caller('(others)'), caller('POST (before its route is known)')];
  expect(otherRoutes([...own, ...unknown], 'product', routes)).toEqual([]);
  const other = [
    caller('POST /orders/:order/lines', 'stock', 3, 90),
    caller('POST /admin/sale', 'products', 2_000, 7),
    caller('POST /orders/:order/lines', 'products', 4, 60),
    caller('GET /products/:id', 'products'),
  ];
  const found = otherRoutes([...own, ...other], 'product', routes);
  expect(found).toEqual([
    {
      ...{ route: 'POST /admin/sale', feature: null, tables: ['products'] },
      ...{ seen: 2_000, lastSeenSecondsAgo: 7 },
    },
    {
      ...{ route: 'POST /orders/:order/lines', feature: 'order', tables: ['products', 'stock'] },
      ...{ seen: 7, lastSeenSecondsAgo: 60 },
    },
    {
      ...{ route: 'GET /products/:id', feature: null, tables: ['products'] },
      ...{ seen: 1, lastSeenSecondsAgo: 5 },
    },
  ]);
  expect(describeOtherRoutes(found.slice(0, 2))).toBe(
    'POST /admin/sale (of no feature) wrote to products 2,000 times, the last 7s ago; POST /orders/:order/lines (of order) wrote to products, stock 7 times, the last 1m00s ago',
  );
  const many = Array.from({ length: 7 }, (_, at) => caller(`POST /admin/${at}`));
  expect(describeOtherRoutes(otherRoutes(many, 'product', routes))).toMatch(/; and 2 more$/);
});

test('the gate goes by what the config says of routes, too, as long as legacy answers them', async () => {
  const configured = [
    { name: 'product', alsoWrites: [{ route: 'PUT /products/:id', tables: ['stock'], moves: true }] },
    { name: 'order', alsoWrites: [{ route: 'POST /orders', tables: ['Products', 'stock'], moves: true }] },
    { name: 'import', alsoWrites: [{ route: 'POST /imports', tables: ['products'], moves: false }] },
  ] as unknown as FeatureConfig[];
  const move = {
    spec: { source: { host: '127.0.0.1', database: 'shop' }, tables: [{ table: 'products' }] },
  } as unknown as Move;
  const look = (owner: string, replicas: object[] = [], of = configured) =>
    seenRoutes({
      ...{ feature: 'product', move, replicas: replicas as never },
      store: {
        configured: of,
        callers: async () => [],
        routeTable: async () => ({ routes, features: [{ name: 'order', owner }] }) as never,
      },
    });
  const both =
    'by the config, POST /orders (of order) writes to Products; POST /imports (stays with legacy) writes to products';
  expect(await look('legacy')).toEqual([false, both]);
  // What a feature writes that has moved is its service's matter.
  const one = 'by the config, POST /imports (stays with legacy) writes to products';
  expect(await look('service')).toEqual([false, one]);
  const [seamed, said] = await look('service', [{ kind: 'seam', live: true, services: ['product'] }]);
  expect([seamed, said.startsWith(`${one}; a process with seams of product`)]).toEqual([true, true]);
  expect((await look('legacy', [], configured.slice(0, 1)))[0]).toBe(true);
});
