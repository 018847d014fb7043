import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface BalancerOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Origin by the path's beginning; the longest that fits is asked. */
  readonly origins: Readonly<Record<string, string>>;
}

export interface Balancer {
  readonly url: string;
  /** Takes no new connection and lets requests under way end. */
  stop(): Promise<void>;
}

/** Shorter than the monolith keeps an idle connection, so that none is used that closes. */
const idleMs = 30_000;

/**
 * What the shop has in front of its faces, as every company has something there: one address, from which each path goes to its process, and a 502
 * where that one does not answer. On 127.0.0.1.
 */
export async function startBalancer({ port, origins }: BalancerOptions): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: idleMs });
  const byLength = Object.entries(origins).sort(([a], [b]) => b.length - a.length);
  const server = createServer({ keepAliveTimeout: 75_000 }, (asked, answer) => {
    const origin = byLength.find(([prefix]) => begins(asked.url ?? '/', prefix))?.[1];
    if (origin === undefined) answer.writeHead(404).end();
    else pass(asked, answer, new URL(origin), agent);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      // Those that stream without end have been ended by their faces, or never will be.
      const cutOff = setTimeout(() => server.closeAllConnections(), 5_000);
      await closed;
      clearTimeout(cutOff);
      agent.destroy();
    },
  };
}

/** Whole segments: `/owners` is nothing of `/owner`'s. */
function begins(url: string, prefix: string): boolean {
  if (prefix === '/') return true;
  return url.startsWith(prefix) && ['', '/', '?'].includes(url.slice(prefix.length, prefix.length + 1));
}

function pass(asked: IncomingMessage, answer: ServerResponse, { hostname, port }: URL, agent: Agent): void {
  const { method, url, rawHeaders } = asked;
  const onward = request({ hostname, port, method, path: url, headers: kept(rawHeaders), agent });
  onward.on('response', (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.statusMessage, kept(reply.rawHeaders));
    // An answer that breaks off breaks off for the client, too.
    pipeline(reply, answer, () => undefined);
  });
  onward.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(502, { 'Content-Type': 'text/plain' }).end('The face does not answer.\n');
  });
  answer.on('close', () => onward.destroy());
  pipeline(asked, onward, () => undefined);
}

/** Of one connection, and so not passed on: RFC 9110, 7.6.1. */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade']);

function kept(rawHeaders: readonly string[]): string[] {
  const pairs: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!hopByHop.has(rawHeaders[at]!.toLowerCase())) pairs.push(rawHeaders[at]!, rawHeaders[at + 1]!);
  }
  return pairs;
}
