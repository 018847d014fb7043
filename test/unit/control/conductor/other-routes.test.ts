import { expect, test } from 'vitest';
import { describeOtherRoutes, otherRoutes } from '../../../../control/conductor/other-routes.ts';
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
