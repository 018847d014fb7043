import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { reach } from 'banyan/router';
import { expect, test } from 'vitest';
import { stand } from '../../support/stand.ts';

test('a port that takes connections does so for a process that was left standing meanwhile, and a dead one does not', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;
  const asked = reach({ kind: 'thrift', addresses: [address, '127.0.0.1:1'] }, 50);
  stand(100);
  expect((await asked)[0]).toEqual({ address, refused: null });
  expect(await reach({ kind: 'http', addresses: [`http://${address}`] }, 10_000)).toMatchObject([
    { refused: null },
  ]);
  server.close();
  expect(await reach({ kind: 'http', addresses: ['http://127.0.0.1:1'] }, 10_000)).toEqual([
    { address: 'http://127.0.0.1:1', refused: 'connection refused' },
  ]);
});
