import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts `router-process.ts`; `rssMiB` reads what the process holds now. */
export async function spawnRouter(upstream: string, tls?: { keyFile: string; certFile: string }) {
  const script = fileURLToPath(new URL('./router-process.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [script, upstream, ...(tls === undefined ? [] : [tls.keyFile, tls.certFile])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    port: Number(new URL(url).port),
    async rssMiB(): Promise<number> {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
