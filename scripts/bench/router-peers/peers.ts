import { findDebianProgram } from '../../servers/find-debian-program.ts';
import type { BenchContext } from '../bench.ts';
import type { BenchCase } from './bench-case.ts';
import { startHaproxy } from './proxies/haproxy.ts';
import { startNginxProxy } from './proxies/nginx.ts';
import { startNode } from './proxies/node-program.ts';
import type { Certificate, RunningProxy } from './proxies/proxy.ts';

export const peerNames = [
  'banyan',
  'undici',
  'nginx',
  'haproxy',
  'fastify',
  'expressHpm',
  'banyan10Routes',
  'banyan10000Routes',
] as const;
export type PeerName = (typeof peerNames)[number];

/** Their programs are written for plain connections. */
const plainOnly: ReadonlySet<PeerName> = new Set(['fastify', 'expressHpm']);

/** Starts proxies of one upstream as they are needed: one process for plain connections, one for encrypted ones. */
export class Peers {
  readonly #context: BenchContext;
  readonly #upstream: string;
  readonly #certificate: Certificate | null;
  readonly #running = new Map<string, RunningProxy | null>();

  constructor(context: BenchContext, upstream: string, certificate: Certificate | null) {
    this.#context = context;
    this.#upstream = upstream;
    this.#certificate = certificate;
  }

  /** null: this peer cannot be had here, or does not do that; said in the log. */
  async of(name: PeerName, { protocol }: BenchCase): Promise<RunningProxy | null> {
    const encrypted = protocol !== 'http1';
    if (encrypted && (plainOnly.has(name) || this.#certificate === null)) return null;
    const key = `${name} ${encrypted ? 'encrypted' : 'plain'}`;
    let proxy = this.#running.get(key);
    if (proxy === undefined) {
      proxy = await this.#start(name, encrypted ? this.#certificate : null);
      this.#running.set(key, proxy);
      if (proxy === null) {
        this.#context.log(`NOT MEASURED: ${name} is not on PATH and cannot be fetched on this machine`);
      }
    }
    return proxy;
  }

  async #start(name: PeerName, certificate: Certificate | null): Promise<RunningProxy | null> {
    const [context, upstream] = [this.#context, this.#upstream];
    const pair = certificate === null ? [] : [certificate.keyFile, certificate.certFile];
    switch (name) {
      case 'banyan':
        return startNode(context, 'banyan', upstream, '200', ...pair);
      case 'banyan10Routes':
        return startNode(context, 'banyan', upstream, '10', ...pair);
      case 'banyan10000Routes':
        return startNode(context, 'banyan', upstream, '10000', ...pair);
      case 'undici':
        return startNode(context, 'undici', upstream, ...pair);
      case 'fastify':
        return startNode(context, 'fastify', upstream);
      case 'expressHpm':
        return startNode(context, 'express-hpm', upstream);
      case 'nginx': {
        const nginx = await findDebianProgram('nginx', context);
        return nginx && startNginxProxy(context, nginx, upstream, certificate);
      }
      case 'haproxy': {
        const haproxy = await findDebianProgram('haproxy', context);
        return haproxy && startHaproxy(context, haproxy, upstream, certificate);
      }
    }
  }
}
