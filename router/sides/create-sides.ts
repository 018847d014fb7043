import { type BulkCollector, createBulkCollector } from '../answer/bulk-collector.ts';
import type { NormalizedOptions } from '../life/router-options.ts';
import type { HttpService } from './http/http-settings.ts';
import { HttpSide, type HttpSideOptions } from './http/http-side.ts';
import { Upstream } from './http/upstream/upstream.ts';
import type { UpstreamTls } from './http/upstream/upstream-tls.ts';
import type { Side } from './side.ts';
import { ThriftSide } from './thrift/thrift-side.ts';

/** Whom a router may ask. */
export interface Sides {
  readonly legacy: Side;
  /** By feature. */
  readonly services: ReadonlyMap<string, Side>;
  /** The addresses of every side that speaks HTTP. */
  readonly upstreams: readonly Upstream[];
  readonly bulk: BulkCollector;
}

/**
 * Makes the sides that the options name. `legacyCa`: whom to trust at legacy's `https://` addresses, PEM; null: the usual
 * authorities. `legacySide`: what legacy is where it is not simply passed to.
 */
export function createSides(
  options: NormalizedOptions,
  legacyCa: string | null,
  legacySide: (upstream: Upstream) => Side | null = () => null,
): Sides {
  const bulk = createBulkCollector();
  const { legacy, services, timeouts, limits, logger } = options;
  const identityFields = new Set(
    options.identity.flatMap((source) => (source.kind === 'header' ? [source.name] : [])),
  );
  const shared: Omit<HttpSideOptions, 'upstream'> = {
    bulk,
    requestIdleMs: timeouts.requestIdleMs,
    continueMs: timeouts.continueMs,
    maxBodyBytes: limits.bodyBytes,
    saysWho: (name) => identityFields.has(name),
  };
  const upstreams: Upstream[] = [];
  const upstreamOf = (settings: Omit<HttpService, 'kind' | 'tls'>, tls: UpstreamTls): Upstream => {
    const upstream = new Upstream({
      ...settings,
      connectMs: timeouts.connectMs,
      // A burst, as at the end of a hold, is no reason to fail requests sooner than a slow answer is.
      waitMs: timeouts.firstByteMs,
      headerBytes: limits.headerBytes,
      tls,
      logger,
    });
    upstreams.push(upstream);
    return upstream;
  };
  const serverName = legacy.tls?.serverName;
  const legacyUpstream = upstreamOf(legacy, {
    ...(legacyCa !== null && { ca: legacyCa }),
    ...(serverName !== undefined && { servername: serverName }),
  });
  return {
    legacy: legacySide(legacyUpstream) ?? new HttpSide({ ...shared, upstream: legacyUpstream }),
    services: new Map(
      Object.entries(services).map(([feature, service]): [string, Side] => {
        if ('invoke' in service) {
          const { requestIdleMs } = timeouts;
          return [feature, new ThriftSide({ service, requestIdleMs, logger })];
        }
        const { kind: _, tls, ...settings } = service;
        return [feature, new HttpSide({ ...shared, upstream: upstreamOf(settings, definedOnly(tls)) })];
      }),
    ),
    upstreams,
    bulk,
  };
}

function definedOnly(tls: HttpService['tls']): UpstreamTls {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}
