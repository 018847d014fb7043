import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { checkSides } from '../../../scripts/check/reachability.ts';
import { stand } from '../../support/stand.ts';

it('a monolith that takes connections does so for a check that was left standing meanwhile', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const addresses = [`http://127.0.0.1:${port}`, 'http://127.0.0.1:1'];
  const asked = checkSides({ legacy: { addresses }, features: {} } as unknown as BanyanConfig);
  // Longer than it waits for an answer.
  stand(3_100);
  expect(await asked).toMatchObject([{ ok: true }, { ok: false }]);
  server.close();
});
