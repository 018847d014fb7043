import { createConnection } from 'mysql2/promise';
import { beforeEach, expect, it } from 'vitest';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { auditDatabases } from '../../../scripts/demo/audit-databases.ts';
import { Ledger, withToken } from '../../../scripts/demo/ledger.ts';
import { migrate } from '../../../scripts/migrate.ts';
import { describeEachEngine, type TestDatabase } from '../../support/databases.ts';

/** The demo's own eyes: what it could not see, its report could not tell. */
describeEachEngine('the audit of both databases', (lane) => {
  let legacy: TestDatabase;
  let product: TestDatabase;
  beforeEach(async () => {
    [legacy, product] = await Promise.all([lane.createDatabase('a'), lane.createDatabase('b')]);
    await migrate(legacy, 'legacy');
    await migrate(product, 'product');
    await run(
      legacy,
      "INSERT INTO shops (id, name, city, created_at) VALUES (1, '달빛상점', '서울', '2020-01-01')",
    );
    for (const endpoint of [legacy, product]) {
      for (const [id, token] of [
        [1, 'w0-1'],
        [2, 'w0-2'],
        [3, 'none'],
      ] as const) {
        const name = token === 'none' ? '머그컵 🍵' : withToken('머그컵 🍵', token);
        await run(
          endpoint,
          'INSERT INTO products (id, shop_id, sku, name, description, price, status, attributes, created_at, updated_at) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)',
          [
            id,
            `S-${id}`,
            name,
            '설명',
            '12.50',
            'live',
            '{"a":1}',
            '2020-01-01 00:00:00',
            '2020-01-01 00:00:00.125',
          ],
        );
      }
    }
    return async () => {
      await legacy[Symbol.asyncDispose]();
      await product[Symbol.asyncDispose]();
    };
  });

  const audit = () => {
    const ledger = new Ledger();
    for (const n of [1, 2]) {
      ledger.begin(`S-${n}`, `w0-${n}`);
      ledger.acknowledgeStored(`S-${n}`, `w0-${n}`, String(n));
    }
    return auditDatabases({ legacy, product }, ledger);
  };

  it('finds nothing where there is nothing', async () => {
    expect(await audit()).toEqual({
      tables: { legacy: 3, service: 3, different: 0, samples: [] },
      legacy: { lost: [], duplicated: [] },
      service: { lost: [], duplicated: [] },
    });
  });

  it('finds a write that one side lacks', async () => {
    await run(product, 'DELETE FROM products WHERE id = 2');
    const { tables, legacy: left, service } = await audit();
    expect(tables).toMatchObject({ legacy: 3, service: 2, different: 1 });
    expect(left.lost).toEqual([]);
    expect(service.lost).toHaveLength(1);
  });

  it('finds rows that stand on one side only', async () => {
    await run(product, "UPDATE products SET id = 9, sku = 'S-9' WHERE id = 3");
    expect((await audit()).tables).toMatchObject({
      different: 2,
      samples: ['id 3 stands in legacy only', "id 9 stands in the service's database only"],
    });
  });

  it('finds a single millisecond, a single digit and a single byte', async () => {
    await run(product, "UPDATE products SET updated_at = '2020-01-01 00:00:00.126' WHERE id = 1");
    await run(product, "UPDATE products SET price = '12.51' WHERE id = 2");
    await run(product, "UPDATE products SET name = '머그컵 🍶' WHERE id = 3");
    const { tables } = await audit();
    expect(tables.different).toBe(3);
    expect(tables.samples).toEqual([
      'id 1 differs in updated_at',
      'id 2 differs in price',
      'id 3 differs in name',
    ]);
  });
});

async function run(endpoint: DatabaseEndpoint, sql: string, values: readonly unknown[] = []): Promise<void> {
  const { host, port, user, password, database } = endpoint;
  const connection = await createConnection({ host, port, user, password, database, timezone: 'Z' });
  try {
    await connection.query(sql, [...values]);
  } finally {
    await connection.end();
  }
}
