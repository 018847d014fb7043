import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramCommand } from '../../../servers/find-debian-program.ts';
import { freePorts } from '../../../servers/index.ts';
import type { BenchContext } from '../../bench.ts';
import { listening } from './listening.ts';
import { type Certificate, type RunningProxy, withDescriptors } from './proxy.ts';

/** HAProxy as a proxy of `upstream`, one thread; with a certificate it speaks HTTP/2 too. */
export async function startHaproxy(
  context: BenchContext,
  haproxy: ProgramCommand,
  upstream: string,
  certificate: Certificate | null,
): Promise<RunningProxy> {
  const [port] = (await freePorts(1)) as [number];
  const file = join(context.folder, `haproxy-${certificate === null ? 'plain' : 'tls'}.cfg`);
  const secure = certificate === null ? '' : ` ssl crt ${certificate.bothFile} alpn h2,http/1.1`;
  await writeFile(
    file,
    `global
  nbthread 1
  maxconn 12000
  no strict-limits
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout queue 60s
frontend f
  bind 127.0.0.1:${port} backlog 16384${secure}
  default_backend b
backend b
  server s ${new URL(upstream).host} maxconn 512
`,
  );
  const process = await context.spawn(withDescriptors([...haproxy, '-db', '-f', file]));
  await listening(port, context.signal);
  return { url: `${certificate === null ? 'http' : 'https'}://127.0.0.1:${port}`, process };
}
