import { type BulkCollector, createBulkCollector } from '../answer/bulk-collector.ts';
import type { NormalizedOptions } from '../life/router-options.ts';
import type { HttpService } from './http/http-settings.ts';
import { HttpSide, type HttpSideOptions } from './http/http-side.ts';
import { Upstream } from './http/upstream/upstream.ts';
import type { CurrentTls } from './http/upstream/upstream-tls.ts';
import type { Side } from './side.ts';
import type { RouterService } from './thrift/router-service.ts';
import { ThriftSide } from './thrift/thrift-side.ts';

/** One service as a side: called by a gateway that was handed in, or asked over HTTP by addresses of the router's own. */
export interface ServiceSide {
  readonly side: Side;
  readonly service: RouterService | null;
  readonly upstream: Upstream | null;
}

/** Whom a router may ask. */
export interface Sides {
  readonly legacy: Side;
  readonly legacyUpstream: Upstream;
  /** By feature. The one place where a service is looked up: see `replaceServices`. */
  readonly services: Map<string, ServiceSide>;
  readonly bulk: BulkCollector;
  makeService(service: RouterService | HttpService): ServiceSide;
}

type WithUpstreams = Pick<Sides, 'legacyUpstream' | 'services'>;

/** The addresses of every side that speaks HTTP, those that shadows ask too. */
export function allUpstreams(
  sides: WithUpstreams & { readonly shadowSides: WithUpstreams | null },
): Upstream[] {
  return [sides, sides.shadowSides].flatMap((one) =>
    one === null
      ? []
      : [one.legacyUpstream, ...[...one.services.values()].flatMap(({ upstream }) => upstream ?? [])],
  );
}

/**
 * Makes the sides that the options name. `legacyTls`: how legacy's `https://` addresses are met. `legacySide`: what legacy is
 * where it is not simply passed to.
 */
export function createSides(
  options: NormalizedOptions,
  legacyTls: CurrentTls,
  legacySide: (upstream: Upstream) => Side | null = () => null,
): Sides {
  const bulk = createBulkCollector();
  const { legacy, services, timeouts, limits, logger, lookUp } = options;
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
  const upstreamOf = (settings: Omit<HttpService, 'kind' | 'tls'>, tls: CurrentTls): Upstream =>
    new Upstream({
      ...settings,
      healthCheck: settings.healthCheck === false ? null : settings.healthCheck,
      connectMs: timeouts.connectMs,
      // A burst, as at the end of a hold, is no reason to fail requests sooner than a slow answer is.
      waitMs: timeouts.firstByteMs,
      headerBytes: limits.headerBytes,
      tls,
      lookUp,
      logger,
    });
  const makeService = (service: RouterService | HttpService): ServiceSide => {
    if ('invoke' in service) {
      const { requestIdleMs } = timeouts;
      return { side: new ThriftSide({ service, requestIdleMs, logger }), service, upstream: null };
    }
    const { kind: _, tls, ...settings } = service;
    const upstream = upstreamOf(settings, currentOf(tls));
    return { side: new HttpSide({ ...shared, upstream }), service: null, upstream };
  };
  const legacyUpstream = upstreamOf(legacy, legacyTls);
  return {
    legacy: legacySide(legacyUpstream) ?? new HttpSide({ ...shared, upstream: legacyUpstream }),
    legacyUpstream,
    services: new Map(Object.entries(services).map(([feature, service]) => [feature, makeService(service)])),
    bulk,
    makeService,
  };
}

function currentOf(tls: HttpService['tls']): CurrentTls {
  if (typeof tls === 'function') return tls;
  const defined = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  return () => defined;
}
