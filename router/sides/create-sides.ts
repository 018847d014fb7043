import { type BulkCollector, createBulkCollector } from '../answer/bulk-collector.ts';
import { IdentifiedSide } from '../identity/identified-side.ts';
import { Identities } from '../identity/identities.ts';
import type { ServiceIdentity } from '../identity/identity-settings.ts';
import type { NormalizedOptions } from '../life/router-options.ts';
import { httpSide, openUpstream } from './http/http-kind.ts';
import type { Upstream } from './http/upstream/upstream.ts';
import type { CurrentTls } from './http/upstream/upstream-tls.ts';
import type { ServiceSide, SideGround } from './kind.ts';
import { type CheckedService, openService } from './kinds.ts';
import type { Side } from './side.ts';

/** Whom a router may ask. */
export interface Sides {
  readonly legacy: Side;
  readonly legacyUpstream: Upstream;
  /** By feature. The one place where a service is looked up: see `replaceServices`. */
  readonly services: Map<string, ServiceSide>;
  readonly bulk: BulkCollector;
  /** `identity`: how it is told who users are; undefined: it is not. */
  makeService(service: CheckedService, identity?: ServiceIdentity): ServiceSide;
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
  const ground: SideGround = {
    ...{ bulk, timeouts, limits, lookUp, logger },
    saysWho: (name) => identityFields.has(name),
  };
  const legacyUpstream = openUpstream(legacy, legacyTls, ground);
  const makeService = (service: CheckedService, identity?: ServiceIdentity): ServiceSide => {
    const made = openService(service, ground);
    if (identity === undefined) return made;
    const identities = new Identities(identity, httpSide(legacyUpstream, ground), logger);
    return { ...made, side: new IdentifiedSide(made.side, identities, identity, logger), identities };
  };
  return {
    legacy: legacySide(legacyUpstream) ?? httpSide(legacyUpstream, ground),
    legacyUpstream,
    services: new Map(
      Object.entries(services).map(([feature, service]) => [
        feature,
        makeService(service, options.identities[feature]),
      ]),
    ),
    bulk,
    makeService,
  };
}
