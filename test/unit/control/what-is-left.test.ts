import { expect, test } from 'vitest';
import type { FeatureConfig } from '../../../control/config/index.ts';
import { whatIsLeft } from '../../../control/monolith/what-is-left.ts';

test('a table or route of the monolith is its feature’s, whatever its parameters are called; what no feature has is left', () => {
  const table = (name: string) => ({ name, rows: 1, bytes: 1, key: ['id'], columns: [] });
  const route = (text: string, requests: number | null = null) => {
    const [method = '', path = ''] = text.split(' ');
    return { method, path, requests, through: [] };
  };
  const feature = (name: string, tables: string[], routes: string[]) =>
    ({
      name,
      tables: tables.map((one) => ({ table: one })),
      routes: routes.map((text) => route(text)),
    }) as unknown as FeatureConfig;
  const { tables, routes } = whatIsLeft(
    {
      tables: [table('Products'), table('orders'), table('likes')],
      routes: [route('GET /products/:productId', 9), route('POST /products', 1), route('GET /orders', 5)],
    },
    [
      feature('product', ['products'], ['GET /products/:id', 'HEAD /products/:id', 'PUT /products/:id']),
      feature('like', ['likes'], []),
    ],
    new Map([['product', 'extracted']]),
  );
  expect(tables.map(({ table: name, feature: of, stage }) => [name, of, stage])).toEqual([
    ['Products', 'product', 'extracted'],
    ['orders', null, null],
    ['likes', 'like', null],
  ]);
  expect(
    routes.map(({ method, path, requests, feature: of }) => [`${method} ${path}`, requests, of]),
  ).toEqual([
    ['GET /products/:productId', 9, 'product'],
    ['POST /products', 1, null],
    ['GET /orders', 5, null],
    ['PUT /products/:id', null, 'product'],
  ]);
});
