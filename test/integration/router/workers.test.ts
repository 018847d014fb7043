import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startUpstream } from '../../support/router/router-stage.ts';

it('runs as several processes on one port, metrics added up, and stops as a whole', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  const script = fileURLToPath(new URL('../../support/router/workers-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, legacy.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  using _ = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
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
      .poll(async () => (await fetch(`${adminUrl}/metrics`)).text())
      .toContain('side="legacy",status="200"} 10\n');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
});

it('a worker that does not answer is told of instead of the metrics, and waited for no longer than that', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  const script = fileURLToPath(new URL('../../support/router/workers-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, legacy.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  using _ = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { adminUrl, replicas } = JSON.parse(line) as { adminUrl: string; replicas: string[] };
  const pid = Number(replicas[0]!.split(':').at(-2));
  process.kill(pid, 'SIGSTOP');
  try {
    const stuck = await fetch(`${adminUrl}/metrics`);
    expect([stuck.status, await stuck.text()]).toEqual([500, expect.stringContaining(`Worker ${pid} `)]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await expect.poll(async () => (await fetch(`${adminUrl}/metrics`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('a stop lets every kept connection end with an answer, in every worker', async () => {
  await using legacy = await startUpstream((_request, response) => setTimeout(() => response.end('ok'), 2));
  const script = fileURLToPath(new URL('../../support/router/workers-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, legacy.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  using _ = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { port } = new URL((JSON.parse(line) as { url: string }).url);
  let answered = 0;
  /** Asks on one connection until an answer says that it was the last. */
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const asked = httpRequest({ host: '127.0.0.1', port, path: '/x', agent });
      asked.end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      expect(answer.statusCode).toBe(200);
      answered += 1;
      if (answer.headers.connection === 'close') return agent.destroy();
    }
  };
  const clients = Array.from({ length: 12 }, client);
  await expect.poll(() => answered).toBeGreaterThan(100);
  child.kill('SIGTERM');
  // A request that found its connection closed would reject here.
  await Promise.all(clients);
  expect(await ended).toEqual([0, null]);
});

it('a worker that is killed leaves no client waiting, and no descriptor in the primary', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  const script = fileURLToPath(new URL('../../support/router/workers-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, legacy.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  using _ = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url, replicas } = JSON.parse(line) as { url: string; replicas: string[] };
  const sockets = async () => {
    const files = await readdir(`/proc/${child.pid}/fd`);
    const targets = files.map((file) => readlink(`/proc/${child.pid}/fd/${file}`).catch(() => ''));
    return (await Promise.all(targets)).filter((target) => target.startsWith('socket:')).length;
  };
  const before = process.platform === 'linux' ? await sockets() : 0;
  const pid = Number(replicas[0]!.split(':').at(-2));
  const outcomes: string[] = [];
  const ask = () =>
    fetch(`${url}/x`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(20_000) })
      .then((answer) => answer.text())
      .catch((error: Error) => (error.name === 'TimeoutError' ? 'left waiting' : 'reset'))
      .then((outcome) => outcomes.push(outcome));
  // Standing still it accepts nothing more: what it was given already is what its death takes with it.
  process.kill(pid, 'SIGSTOP');
  const asked = Array.from({ length: 60 }, ask);
  await expect.poll(() => outcomes.length).toBeGreaterThan(0);
  process.kill(pid, 'SIGKILL');
  await Promise.all(asked);
  expect(outcomes.filter((outcome) => outcome === 'left waiting')).toEqual([]);
  expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeGreaterThan(0);
  // Its successor's are there by now, and nothing of its own is left.
  if (process.platform === 'linux') await expect.poll(sockets).toBeLessThanOrEqual(before);
  child.kill('SIGTERM');
  await ended;
});
