import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AdminClient } from '../../../control/api/index.ts';

test('who only looks does not wait for ever for a control process that was stopped and keeps its port open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-client-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'a token');
  const sockets = new Set<Socket>();
  // It takes connections, as the system does for a process that is stopped, and answers nothing.
  const stopped = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await once(stopped, 'listening');
  const url = `http://127.0.0.1:${(stopped.address() as AddressInfo).port}`;
  const client = await AdminClient.open({ url, tokenFile, who: 'tester', answerWithinMs: 500 });
  await expect(client.status()).rejects.toMatchObject({
    code: 'BANYAN_CONTROL_UNREACHABLE',
    message: expect.stringContaining(url),
  });
  await client.close();
  for (const socket of sockets) socket.destroy();
  stopped.close();
  await rm(folder, { recursive: true });
});
