import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { NormalizedOptions } from '../life/router-options.ts';
import type { Upstream } from '../sides/http/upstream/upstream.ts';
import type { UpstreamTls } from '../sides/http/upstream/upstream-tls.ts';

/** Kept connections to the monolith: their number and idle time are the router's settings. */
export function createLegacyAgent({ legacy }: NormalizedOptions, upstream: Upstream): Agent {
  const settings = { keepAlive: true, maxSockets: legacy.connections, timeout: legacy.keepAliveMs };
  if (!legacy.addresses[0]!.startsWith('https:')) return new Agent(settings);
  return new LegacyTlsAgent(settings, (host, port) => {
    const { tls } = upstream.addresses.find(({ url }) => isAt(url, host, port)) ?? upstream.addresses[0]!;
    return tls();
  });
}

function isAt(url: string, host: string, port: string): boolean {
  const at = new URL(url);
  return at.hostname.replace(/^\[|\]$/g, '') === host && (at.port || '443') === port;
}

/** Asks for the TLS files' content anew for each connection, because they may be renewed. */
class LegacyTlsAgent extends TlsAgent {
  readonly #tls: (host: string, port: string) => UpstreamTls;

  constructor(settings: AgentOptions, tls: (host: string, port: string) => UpstreamTls) {
    // A session that is resumed shows no certificate: it would be trusted for the sake of an authority that is no more.
    super({ ...settings, maxCachedSessions: 0 });
    this.#tls = tls;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const tls = this.#tls(String(options.host), String(options.port));
    return super.createConnection({ ...options, ...tls }, callback);
  }
}
