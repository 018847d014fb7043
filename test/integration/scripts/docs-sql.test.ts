import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { StateStore } from '../../../control/store/index.ts';
import { administer } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { codeBlocks } from '../../support/docs/code-blocks.ts';

/** Statements of every block of SQL in the documentation. Those under `-- legacy, MySQL` are for that engine. */
const documented = codeBlocks()
  .filter(({ language }) => language === 'sql')
  .flatMap(({ file, code }) => {
    let only: string | null = null;
    const triggers = /^CREATE TRIGGER/.test(code);
    return (triggers ? [code.trim()] : code.trim().split('\n')).flatMap((line) => {
      const heading = /^-- (?:legacy|service), (MySQL|MariaDB)$/.exec(line);
      if (heading !== null) only = heading[1]!.toLowerCase();
      return heading === null ? [{ file, only, sql: line.replace(/;$/, '') }] : [];
    });
  });

describeEachEngine('the SQL of the documentation', (db) => {
  test('runs as it stands there, in schemas and for accounts of other names', async () => {
    await using shop = await db.createDatabase('a', 'shop');
    await using product = await db.createDatabase('a', 'product');
    await using books = await db.createDatabase('a', 'books');
    const store = await StateStore.open({ state: books, features: [] });
    await store.close();
    const server = await mysql.createConnection({ ...shop });
    const accounts = [`docs_${books.database}`.slice(0, 32), `shop_${books.database}`.slice(0, 32)];
    try {
      await server.query('CREATE TABLE products (id INT PRIMARY KEY)');
      await server.query('CREATE TABLE orders (id INT PRIMARY KEY, version INT NOT NULL)');
      await server.query('INSERT INTO orders VALUES (1, 7)');
      for (const account of accounts) await server.query(`CREATE USER '${account}'@'%'`);
      const mine = documented.filter(({ only }) => only === null || only === db.engine);
      expect(mine.length).toBeGreaterThan(10);
      for (const { file, sql } of mine) {
        const here = sql
          .replaceAll('`banyan`', `\`${books.database}\``)
          .replaceAll('`shop`', `\`${shop.database}\``)
          .replaceAll('`product`', `\`${product.database}\``)
          .replaceAll("'banyan'@", `'${accounts[0]}'@`)
          .replaceAll("'shop'@", `'${accounts[1]}'@`);
        await expect(server.query(here), `${file}: ${sql}`).resolves.toBeDefined();
      }
      // The application's trigger counts its own writes, and leaves the mover's alone.
      await server.query('UPDATE orders SET id = 2');
      await server.query('SET @banyan_pass = 1');
      await server.query('UPDATE orders SET id = 3');
      expect((await server.query('SELECT id, version FROM orders'))[0]).toEqual([{ id: 3, version: 8 }]);
    } finally {
      await server.end();
      await administer(
        db.servers.a,
        accounts.map((account) => `DROP USER IF EXISTS '${account}'@'%'`),
      );
    }
  });
});
