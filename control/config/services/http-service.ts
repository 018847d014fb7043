import { z } from 'zod';
import { upstreamTuning } from '../../../router/sides/http/http-settings.ts';
import { type ServiceTls, serviceTlsSchema } from '../../../router/tls/tls-settings.ts';
import type { LegacyTuning } from '../config.ts';
import { declaredRoutes } from '../feature-routes.ts';
import { type ServiceIdentityConfig, serviceIdentityInput } from '../identity-input.ts';
import { resolveFiles } from '../resolve-files.ts';
import { httpAddress } from '../values.ts';
import { withoutDefaults } from '../without-defaults.ts';
import type { ConfiguredKind } from './service-kind.ts';

/** A service that speaks HTTP as the monolith does: requests are passed on as they came. */
export const httpServiceInput = z.strictObject({
  kind: z.literal('http'),
  addresses: z.array(httpAddress).min(1, { error: 'needs at least one address' }),
  ...withoutDefaults(upstreamTuning),
  /** For `https://` addresses. */
  tls: serviceTlsSchema.optional(),
  identity: serviceIdentityInput.optional(),
});

/** A service that speaks HTTP. */
export interface HttpServiceConfig
  extends Pick<
    LegacyTuning,
    'connections' | 'keepAliveMs' | 'nameAgeMs' | 'balance' | 'breaker' | 'healthCheck'
  > {
  readonly kind: 'http';
  /** Origins. */
  readonly addresses: readonly string[];
  /** Absolute paths. */
  readonly tls?: ServiceTls;
  readonly identity?: ServiceIdentityConfig | undefined;
}

export const httpService: ConfiguredKind<z.output<typeof httpServiceInput>, HttpServiceConfig> = {
  complete: ({ tls, ...service }, directory) => ({
    ...service,
    ...(tls && { tls: resolveFiles(tls, directory) }),
  }),
  routes: async (feature, _, written, faults) =>
    declaredRoutes(feature, written, faults, () => ({ kind: 'http' })),
  called: async () => 'http',
  addresses: ({ addresses }) => addresses,
};
