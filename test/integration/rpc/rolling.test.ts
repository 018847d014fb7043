import { createConnection } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { idlFile } from '../../../extracted/product/server.ts';
import { freePorts } from '../../../scripts/servers/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { startRouterFront } from '../../support/router-front.ts';
import { createProductDatabase, endpointOf } from '../../support/shop.ts';
import { startProductProgram } from '../../support/shop-process.ts';

describeOnEngine('mysql', 'two product services behind the router, restarted one after the other', (lane) => {
  it('fail no write of HTTP clients, and lose or double none', async () => {
    await using database = await createProductDatabase(lane);
    const ports = await freePorts(2);
    const services = ports.map((port) => startProductProgram(database, { PORT: String(port) }));
    await using _ = {
      async [Symbol.asyncDispose]() {
        for (const service of services) await service[Symbol.asyncDispose]();
      },
    };
    await Promise.all(services.map((service) => service.ready));
    await using router = await startRouterFront({
      ...{ idl: idlFile, service: 'ProductService', legacy: 'http://127.0.0.1:9', transport: 'header' },
      address: ports.map((port) => `127.0.0.1:${port}`).join(','),
    });
    const statuses = new Map<number, number>();
    let sent = 0;
    let isOver = false;
    const writer = async (): Promise<void> => {
      while (!isOver) {
        const body = JSON.stringify({ shopId: 1, sku: `S-${++sent}`, name: 'lamp', price: '1' });
        const headers = { 'content-type': 'application/json' };
        const reply = await fetch(`${router.url}/admin/products`, { method: 'POST', headers, body });
        await reply.arrayBuffer();
        statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      }
    };
    const writers = Array.from({ length: 8 }, writer);
    for (const [index, port] of ports.entries()) {
      const before = sent;
      await expect.poll(() => sent, { timeout: 10_000 }).toBeGreaterThan(before + 100);
      services[index]!.kill('SIGTERM');
      expect(await services[index]!.ended).toMatchObject({ code: 0 });
      services[index] = startProductProgram(database, { PORT: String(port) });
      await services[index]!.ready;
    }
    isOver = true;
    await Promise.all(writers);
    expect([...statuses]).toEqual([[201, sent]]);
    const connection = await createConnection(endpointOf(database));
    const [rows] = await connection.query('SELECT COUNT(*) AS n, COUNT(DISTINCT sku) AS skus FROM products');
    await connection.end();
    expect(rows).toEqual([{ n: sent, skus: sent }]);
  });
});
