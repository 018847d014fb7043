import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { anyListens } from '../../../control/conductor/can-connect.ts';
import { stand } from '../../support/stand.ts';

test('a port that takes connections does so for a process that was left standing meanwhile, and a dead one does not', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = anyListens([`127.0.0.1:${port}`, 'http://127.0.0.1:1'], 50);
  stand(100);
  expect(await asked).toBe(true);
  server.close();
  expect(await anyListens(['127.0.0.1:1'], 10_000)).toBe(false);
});
