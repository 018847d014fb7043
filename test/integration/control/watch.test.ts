import express from 'express';
import createKnex from 'knex';
import { expect, test } from 'vitest';
import { fenceRefusalBegins } from '../../../common/fence-refusal.ts';
import { StateStore } from '../../../control/store/index.ts';
import { watchPrivileges } from '../../../control/store/state-privileges.ts';
import { nameCallers, runAs, watchQueries } from '../../../control/watch/index.ts';
import { createAccount } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { silent, startUpstream } from '../../support/router/router-stage.ts';

describeEachEngine('a monolith that watches its queries', (db) => {
  test('names the routes and jobs that touch tables which move, and says what a fenced write is', async () => {
    await using shop = await db.createDatabase('a', 'shop');
    await using books = await db.createDatabase('a', 'state');
    const { host, port, user, password, database } = shop;
    await using store = Object.assign(await StateStore.open({ state: books, features: [] }), {
      [Symbol.asyncDispose]: () => store.close(),
    });
    await using least = await createAccount(db.servers.a, watchPrivileges(books.database));
    const knex = createKnex({ client: 'mysql2', connection: { host, port, user, password, database } });
    await knex.raw('CREATE TABLE products (id INT PRIMARY KEY, stock INT NOT NULL)');
    await knex.raw('CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, product INT NOT NULL)');
    await knex('products').insert({ id: 1, stock: 9 });

    const settings = { database, tables: ['products'], everyMs: 3_600_000, logger: silent };
    const watch = watchQueries(knex, { ...settings, state: least.endpoint(books.database) });
    const app = express();
    app.use(nameCallers());
    const orders = express.Router();
    orders.post('/:id', async (request, response) => {
      await knex.transaction(async (trx) => {
        await trx('orders').insert({ product: Number(request.params.id) });
        await trx('products').where({ id: request.params.id }).decrement('stock', 1);
      });
      response.end('ordered');
    });
    app.use('/orders', orders);
    app.get('/products/:id', async (request, response) => {
      response.json(
        await knex('products')
          .join('orders', 'product', 'products.id')
          .where('products.id', request.params.id),
      );
    });
    app.use(async (_request: express.Request, response: express.Response) => {
      response.json(await knex('products').count());
    });
    const failed: { code?: string; errno?: number; message?: string }[] = [];
    app.use(
      (error: object, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
        failed.push(error);
        response.writeHead(409).end();
      },
    );
    await using monolith = await startUpstream(app);
    const send = async (method: string, path: string) =>
      (await fetch(monolith.url + path, { method })).status;
    expect([
      await send('POST', '/orders/1'),
      await send('POST', '/orders/1'),
      await send('GET', '/products/1'),
    ]).toEqual([...[200, 200, 200]]);
    await send('GET', '/elsewhere/secret');
    await runAs('nightly', () =>
      knex.raw("UPDATE products SET stock = 4 WHERE id IN (1, 2) OR 'a secret' = 'b'"),
    );
    await knex('orders').select();
    await watch.report();
    // What comes twice adds up.
    await send('POST', '/orders/1');
    await watch.report();

    const callers = async (access: 'read' | 'write') =>
      (await store.callers({ database, tables: ['products'], access, withinSeconds: 3_600 }))
        .map(({ caller, seen }) => `${seen} ${caller}`)
        .sort();
    expect(await callers('write')).toEqual(['1 job nightly', '3 POST /orders/:id']);
    expect(await callers('read')).toEqual(['1 GET (before its route is known)', '1 GET /products/:id']);
    const all = await store.callers({
      database,
      tables: ['products'],
      access: 'write',
      withinSeconds: 3_600,
    });
    expect(JSON.stringify(all)).not.toContain('secret');

    const refuse = `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${fenceRefusalBegins}this table does not own its rows now'`;
    await knex.raw(`CREATE TRIGGER fence BEFORE UPDATE ON products FOR EACH ROW ${refuse}`);
    expect(await send('POST', '/orders/1')).toBe(409);
    expect(failed).toMatchObject([
      {
        ...{ code: 'BANYAN_WRITE_FENCED', errno: 1644, name: 'BanyanError' },
        message: expect.stringContaining(
          `POST /orders/:id wrote to products in ${database}, whose rows the service owns now`,
        ),
        fix: expect.stringContaining('seam'),
      },
    ]);
    // Another SIGNAL is the application's own, and stays as it was.
    await knex.raw('DROP TRIGGER fence');
    await knex.raw(
      `CREATE TRIGGER own BEFORE UPDATE ON products FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'sold out'`,
    );
    await expect(knex('products').update({ stock: 1 })).rejects.toMatchObject({
      code: 'ER_SIGNAL_EXCEPTION',
    });
    await watch.close();
    await knex.destroy();
  });
});
