import type { ServiceKind, SideGround } from '../kind.ts';
import type { HttpService } from './http-settings.ts';
import { HttpSide } from './http-side.ts';
import { Upstream } from './upstream/upstream.ts';
import type { CurrentTls } from './upstream/upstream-tls.ts';

/** Services that speak HTTP: requests are passed on as they came. */
export const httpKind: ServiceKind<HttpService> = {
  open({ kind: _, tls, ...settings }, ground) {
    const upstream = openUpstream(settings, currentOf(tls), ground);
    return { side: httpSide(upstream, ground), service: null, upstream };
  },
  forShadows: (settings, connections) => ({ ...settings, connections, healthCheck: false }),
};

/** The addresses of a side that speaks HTTP, and the ways to them. */
export function openUpstream(
  settings: Omit<HttpService, 'kind' | 'tls'>,
  tls: CurrentTls,
  { timeouts, limits, lookUp, logger }: SideGround,
): Upstream {
  return new Upstream({
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
}

/** The side at an upstream. */
export function httpSide(upstream: Upstream, { bulk, timeouts, limits, saysWho }: SideGround): HttpSide {
  const { requestIdleMs, continueMs } = timeouts;
  return new HttpSide({ upstream, bulk, requestIdleMs, continueMs, maxBodyBytes: limits.bodyBytes, saysWho });
}

function currentOf(tls: HttpService['tls']): CurrentTls {
  if (typeof tls === 'function') return tls;
  const defined = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  return () => defined;
}
