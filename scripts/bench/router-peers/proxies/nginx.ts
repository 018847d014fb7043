import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramCommand } from '../../../servers/find-debian-program.ts';
import { freePorts } from '../../../servers/index.ts';
import type { BenchContext } from '../../bench.ts';
import { listening } from './listening.ts';
import { type Certificate, type RunningProxy, withDescriptors } from './proxy.ts';

/** Larger answers than this are files, as a server of files would have them. */
const longestText = 4_096;

/** nginx answering with bodies of the sizes asked for, by the last segment of the path: one process, no log. */
export async function startNginxUpstream(
  context: BenchContext,
  nginx: ProgramCommand,
  sizes: readonly number[],
): Promise<RunningProxy> {
  const root = join(context.folder, 'bodies');
  await mkdir(root);
  const locations: string[] = [];
  for (const size of new Set(sizes)) {
    if (size > longestText) {
      await writeFile(join(root, String(size)), Buffer.alloc(size, 'x'));
      locations.push(`location ~ /(?<size>${size})$ { alias ${root}/$size; }`);
    } else locations.push(`location ~ /${size}$ { return 200 "${'x'.repeat(size)}"; }`);
  }
  return startNginx(context, nginx, {
    name: 'upstream',
    server: `default_type text/plain; sendfile on; ${locations.join('\n')}`,
  });
}

/** nginx as a proxy of `upstream`, connections kept alive; with a certificate it speaks HTTP/2 too. */
export async function startNginxProxy(
  context: BenchContext,
  nginx: ProgramCommand,
  upstream: string,
  certificate: Certificate | null,
): Promise<RunningProxy> {
  return startNginx(context, nginx, {
    name: certificate === null ? 'proxy' : 'tls-proxy',
    certificate,
    server: `location / {
      proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }`,
    extra: `upstream u { server ${new URL(upstream).host}; keepalive 256; keepalive_requests 100000000; }`,
  });
}

async function startNginx(
  context: BenchContext,
  nginx: ProgramCommand,
  setup: {
    readonly name: string;
    readonly server: string;
    readonly extra?: string;
    readonly certificate?: Certificate | null;
  },
): Promise<RunningProxy> {
  const { name, server, extra = '', certificate = null } = setup;
  const [port] = (await freePorts(1)) as [number];
  const folder = join(context.folder, `nginx-${name}`);
  await mkdir(folder, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const secure =
    certificate === null
      ? ''
      : `ssl_certificate ${certificate.certFile}; ssl_certificate_key ${certificate.keyFile};`;
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
     events { worker_connections 24000; }
     http { access_log off; keepalive_requests 100000000; ${temporary.join(' ')} ${extra}
       server { listen 127.0.0.1:${port} backlog=16384${certificate === null ? '' : ' ssl http2'}; ${secure} ${server} } }`,
  );
  const process = await context.spawn(withDescriptors([...nginx, '-p', folder, '-c', file, '-e', 'stderr']));
  await listening(port, context.signal);
  return { url: `${certificate === null ? 'http' : 'https'}://127.0.0.1:${port}`, process };
}
