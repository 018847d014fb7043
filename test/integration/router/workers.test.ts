import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startUpstream } from '../../support/router/router-stage.ts';

it('runs as several processes on one port, metrics added up, and stops as a whole', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  const script = fileURLToPath(new URL('../../support/router/workers-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, legacy.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { url, adminUrl, replicas } = JSON.parse(line) as {
      url: string;
      adminUrl: string;
      replicas: string[];
    };
    expect(new Set(replicas).size).toBe(2);
    for (let n = 0; n < 10; n++) {
      const answer = await fetch(`${url}/x`, { headers: { connection: 'close' } });
      expect(await answer.text()).toBe('ok');
    }
    await expect
      .poll(async () => (await fetch(`${adminUrl}/metrics`)).text(), { timeout: 5_000 })
      .toContain('side="legacy",status="200"} 10\n');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
});
