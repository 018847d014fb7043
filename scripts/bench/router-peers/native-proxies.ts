import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunProcess } from '../../runs/run-context.ts';
import type { BenchContext } from '../bench.ts';

export interface RunningProxy {
  readonly url: string;
  readonly process: RunProcess;
}

/** The program's path, or null where it is not installed. */
export async function findProgram(name: string): Promise<string | null> {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`;
  try {
    const { stdout } = await promisify(execFile)('sh', ['-c', `command -v ${name}`], { env: { PATH: path } });
    return stdout.trim();
  } catch {
    return null;
  }
}

/** nginx answering every request with 1 KiB itself: one process, no log. */
export async function startNginxUpstream(context: BenchContext, nginx: string): Promise<RunningProxy> {
  const body = 'x'.repeat(1024);
  return startNginx(
    context,
    nginx,
    'upstream',
    `location / { default_type text/plain; return 200 "${body}"; }`,
  );
}

/** nginx as a proxy of `upstream`, connections kept alive. */
export async function startNginxProxy(
  context: BenchContext,
  nginx: string,
  upstream: string,
): Promise<RunningProxy> {
  const { host } = new URL(upstream);
  return startNginx(
    context,
    nginx,
    'proxy',
    'location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; ' +
      'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }',
    `upstream u { server ${host}; keepalive 256; keepalive_requests 100000000; }`,
  );
}

async function startNginx(
  context: BenchContext,
  nginx: string,
  name: string,
  location: string,
  extra = '',
): Promise<RunningProxy> {
  const port = await freePort();
  const folder = join(context.folder, `nginx-${name}`);
  await mkdir(folder, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
     events { worker_connections 4096; }
     http { access_log off; keepalive_requests 100000000; ${temporary.join(' ')} ${extra}
       server { listen 127.0.0.1:${port}; ${location} } }`,
  );
  const process = await context.spawn({
    command: nginx,
    args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
  });
  await answers(port, context.signal);
  return { url: `http://127.0.0.1:${port}`, process };
}

/** HAProxy as a proxy of `upstream`, one thread. */
export async function startHaproxy(
  context: BenchContext,
  haproxy: string,
  upstream: string,
): Promise<RunningProxy> {
  const port = await freePort();
  const file = join(context.folder, 'haproxy.cfg');
  await writeFile(
    file,
    `global\n  nbthread 1\n  maxconn 4096\ndefaults\n  mode http\n  option forwardfor\n  http-reuse always\n` +
      `  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n` +
      `frontend f\n  bind 127.0.0.1:${port}\n  default_backend b\nbackend b\n  server s ${new URL(upstream).host}\n`,
  );
  const process = await context.spawn({ command: haproxy, args: ['-db', '-f', file] });
  await answers(port, context.signal);
  return { url: `http://127.0.0.1:${port}`, process };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves once something listens; these programs say nothing when they are ready. */
async function answers(port: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  for (;;) {
    limit.throwIfAborted();
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
