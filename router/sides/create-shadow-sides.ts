import type { NormalizedOptions } from '../life/router-options.ts';
import { createSides, type Sides } from './create-sides.ts';

export type ShadowSides = Pick<Sides, 'legacy' | 'services' | 'upstreams'>;

/** The sides once more, over connections of their own: however many shadows are under way, clients' requests wait for none of them. */
export function createShadowSides(options: NormalizedOptions, legacyCa: string | null): ShadowSides {
  const { connections } = options.shadow;
  const services = Object.fromEntries(
    Object.entries(options.services).map(([feature, service]) => [
      feature,
      'invoke' in service
        ? (options.shadowServices[feature] ?? service)
        : { ...service, connections, healthCheck: undefined },
    ]),
  );
  const legacy = { ...options.legacy, connections, healthCheck: undefined };
  return createSides({ ...options, legacy, services }, legacyCa);
}
