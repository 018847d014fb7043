import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { checkDatabases, checkSides } from '../../../scripts/check/reachability.ts';
import { stand } from '../../support/stand.ts';

it('a monolith that takes connections does so for a check that was left standing meanwhile', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const addresses = [`http://127.0.0.1:${port}`, 'http://127.0.0.1:1'];
  const asked = checkSides({ legacy: { addresses }, features: {} } as unknown as BanyanConfig, []);
  // Longer than it waits for an answer.
  stand(3_100);
  expect(await asked).toMatchObject([{ ok: true }, { ok: false }]);
  server.close();
});

it('a check of one feature asks nothing of another one’s service and database', async () => {
  const endpoint = (port: number) => ({ host: '127.0.0.1', port, user: 'u', password: 'p', database: 'd' });
  const [legacyDb, one, other, unused] = [endpoint(1), endpoint(2), endpoint(3), endpoint(4)] as const;
  const feature = (name: string, database: object) => ({
    ...{ name, database },
    service: { kind: 'http', addresses: ['http://127.0.0.1:1'] },
  });
  const features = { one: feature('one', one), other: feature('other', other) };
  const config = {
    ...{ databases: { legacyDb, one, other, unused }, state: endpoint(1), features },
    legacy: { addresses: ['http://127.0.0.1:1'], database: legacyDb },
  } as unknown as BanyanConfig;
  const told = async (...chosen: (keyof typeof features)[]) => {
    const these = chosen.map((name) => config.features[name]!);
    const lines = [...(await checkDatabases(config, these)), ...(await checkSides(config, these))];
    return lines.map(({ check, feature: of }) => [check, of]);
  };
  const common = ['database legacyDb', 'database one', 'database unused'].map((check) => [check, null]);
  expect(await told('one')).toEqual([...common, ['monolith', null], ['service', 'one']]);
  expect(await told('one', 'other')).toHaveLength(7);
});
