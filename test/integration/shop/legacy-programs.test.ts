import { Agent } from 'node:http';
import { expect, it } from 'vitest';
import { describeOnEngine } from '../../support/databases.ts';
import { httpCall } from '../../support/http-call.ts';
import { createShopDatabase } from '../../support/shop.ts';
import { startProgram } from '../../support/shop-process.ts';

describeOnEngine('mariadb', 'the monolith’s programs', (lane) => {
  it('seeds, serves, reports, and stops on SIGTERM with a client still connected', async () => {
    await using database = await createShopDatabase(lane);
    const env = {
      SHOP_DB_HOST: database.host,
      SHOP_DB_PORT: String(database.port),
      SHOP_DB_USER: database.user,
      SHOP_DB_PASSWORD: database.password,
      SHOP_DB_NAME: database.database,
      PORT: '0',
    };
    await using seeder = startProgram('legacy/seed/main.ts', env, ['--products', '30', '--shops', '3']);
    expect(await seeder.ended).toMatchObject({ code: 0, stderr: '' });

    await using shop = startProgram('legacy/main.ts', env);
    const ready = await shop.ready;
    expect(ready).toMatchObject({ ready: true, pid: shop.pid });
    using agent = disposable(new Agent({ keepAlive: true }));
    const answer = await httpCall(String(ready.url), { method: 'GET', path: '/api/shops/3' }, agent);
    expect(answer.status).toBe(200);

    await using job = startProgram('legacy/jobs/main.ts', env, ['--day', '2026-01-31', '--json']);
    const report = await job.ended;
    expect([report.code, report.stderr]).toEqual([0, '']);
    expect(JSON.parse(report.stdout).shops.length).toBe(3);

    shop.kill('SIGTERM');
    expect(await shop.ended).toMatchObject({ code: 0, signal: null });
  });
});

it('says which variable is wrong and fails', async () => {
  await using shop = startProgram('legacy/main.ts', { PORT: 'eighty' });
  const { code, stderr, stdout } = await shop.ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('PORT=eighty: set it to a whole number from 0 to 65535');
});

function disposable(agent: Agent): Agent & Disposable {
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}
