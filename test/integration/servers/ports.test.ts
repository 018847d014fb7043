import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { freePorts } from '../../../scripts/servers/index.ts';

const module = new URL('../../../scripts/servers/ports.ts', import.meta.url);

it('no two processes get the same port, and none where the system gives away its own', async () => {
  const program = `
    const { freePorts } = await import(${JSON.stringify(module.href)});
    console.log(JSON.stringify(await freePorts(300)));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const theirs = once(createInterface({ input: child.stdout }), 'line').then(
      ([line]) => JSON.parse(String(line)) as number[],
    );
    const all = [...(await freePorts(300)), ...(await theirs)];
    expect(new Set(all).size).toBe(600);
    const given = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        const { port } = server.address() as { port: number };
        await new Promise((resolve) => server.close(resolve));
        return port;
      }),
    );
    expect(Math.max(...all)).toBeLessThan(Math.min(...given));
  } finally {
    child.kill();
  }
});
