import { createClient, loadIdl, ThriftException } from 'banyan/rpc';
import { expect, it } from 'vitest';
import { idlFile } from '../../../extracted/product/server.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { createProductDatabase, startProduct } from '../../support/shop.ts';
import { startProductProgram, startProgram } from '../../support/shop-process.ts';

describeOnEngine('mariadb', 'the product service’s program', (lane) => {
  it('serves Thrift to anyone, and stops on SIGTERM with a client still connected', async () => {
    await using database = await createProductDatabase(lane);
    await using service = startProductProgram(database);
    const ready = await service.ready;
    expect(ready).toMatchObject({ ready: true, pid: service.pid });
    const client = createClient({
      idl: await loadIdl(idlFile),
      service: 'ProductService',
      addresses: [String(ready.address)],
    });
    const created = await client.call('createProduct', [{ shopId: 1, sku: 'A', name: '램프', price: '2' }]);
    expect(created).toMatchObject({
      product: { id: 1, price: '2.00', status: 1 },
      location: '/api/products/1',
    });
    await expect(client.call('getProduct', [77])).rejects.toThrow(ThriftException);

    service.kill('SIGTERM');
    expect(await service.ended).toMatchObject({ code: 0, signal: null });
    await client.close();
  });

  it('fails its readiness first on SIGTERM, and goes on taking calls for a while', async () => {
    await using database = await createProductDatabase(lane);
    await using service = startProductProgram(database, { HEALTH_PORT: '0', DRAIN_MS: '3000' });
    const { address, healthUrl } = await service.ready;
    const probe = async (path: string) => {
      const reply = await fetch(`${healthUrl}${path}`);
      return `${reply.status} ${await reply.text()}`;
    };
    expect([await probe('/readyz'), await probe('/livez')]).toEqual(['200 serving\n', '200 live\n']);
    service.kill('SIGTERM');
    await expect.poll(() => probe('/readyz'), { interval: 10 }).toBe('503 draining\n');
    expect(await probe('/livez')).toBe('200 live\n');
    const client = createClient({
      idl: await loadIdl(idlFile),
      service: 'ProductService',
      addresses: [String(address)],
    });
    await expect(client.call('getProduct', [77])).rejects.toThrow(ThriftException);
    expect(await probe('/metrics')).toContain('method="getProduct",outcome="exception"} 1\n');
    expect(await service.ended).toMatchObject({ code: 0, signal: null });
    await client.close();
  });

  it('hides its own failures from the caller and logs them', async () => {
    await using database = await createProductDatabase(lane);
    await using service = await startProduct({ ...database, password: 'not this one' });
    const client = createClient({
      idl: await loadIdl(idlFile),
      service: 'ProductService',
      addresses: [service.address],
    });
    await expect(client.call('getProduct', [1])).rejects.toMatchObject({ code: 'BANYAN_RPC_APPLICATION' });
    await client.close();
    expect(service.lines.find(({ level }) => level === 50)).toMatchObject({ method: 'getProduct' });
    expect(JSON.stringify(service.lines)).toContain('Access denied');
  });
});

it('says which variable is wrong and fails', async () => {
  await using service = startProgram('extracted/product/main.ts', { PRODUCT_DB_PORT: '-1' });
  const { code, stderr } = await service.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('PRODUCT_DB_PORT=-1 is not a port');
});
