import type { NormalizedOptions } from '../life/router-options.ts';
import { createSides, type Sides } from './create-sides.ts';
import type { CurrentTls } from './http/upstream/upstream-tls.ts';
import { forShadows, isHandedIn } from './kinds.ts';

export type ShadowSides = Pick<Sides, 'legacy' | 'legacyUpstream' | 'services' | 'makeService'>;

/** The sides once more, over connections of their own: however many shadows are under way, clients' requests wait for none of them. */
export function createShadowSides(options: NormalizedOptions, legacyTls: CurrentTls): ShadowSides {
  const { connections } = options.shadow;
  const services = shadowServicesOf(options);
  const legacy = { ...options.legacy, connections, healthCheck: false as const };
  return createSides({ ...options, legacy, services }, legacyTls);
}

/** The services as shadows ask them. */
export function shadowServicesOf({
  services,
  shadowServices,
  shadow: { connections },
}: Pick<NormalizedOptions, 'services' | 'shadowServices' | 'shadow'>): NormalizedOptions['services'] {
  return Object.fromEntries(
    Object.entries(services).map(([feature, service]) => [
      feature,
      isHandedIn(service) ? (shadowServices[feature] ?? service) : forShadows(service, connections),
    ]),
  );
}
