import { z } from 'zod';
import { routeKey } from '../../../router/sides/lambda/event.ts';
import { declaredRoutes } from '../feature-routes.ts';
import { serviceIdentityInput } from '../identity-input.ts';
import { count, httpAddress, milliseconds } from '../values.ts';
import type { ConfiguredKind } from './service-kind.ts';

/** A service that is an AWS Lambda function: requests reach it as events of API Gateway. */
export const lambdaServiceInput = z.strictObject({
  kind: z.literal('lambda'),
  /** Name, partial ARN or ARN, without version. */
  function: z.string().regex(/^[\w:.-]{1,200}$/, { error: 'is no function: write its name or its ARN' }),
  /** A version or an alias. */
  qualifier: z
    .string()
    .regex(/^[\w$-]{1,128}$/, { error: 'is no version and no alias' })
    .optional(),
  region: z.string().regex(/^[a-z]{2}(?:-[a-z0-9]+)+$/, {
    error: 'is no region: write one like ap-northeast-2',
  }),
  /** Instead of the region's own. */
  endpoint: httpAddress.optional(),
  deadlineMs: milliseconds.default(5_000),
  /** Invocations at once, of one router. */
  connections: count.optional(),
  identity: serviceIdentityInput.optional(),
});

export type LambdaServiceConfig = Readonly<z.output<typeof lambdaServiceInput>> & {
  readonly tls?: undefined;
};

export const lambdaService: ConfiguredKind<z.output<typeof lambdaServiceInput>, LambdaServiceConfig> = {
  complete: (parsed) => parsed,
  routes: async (feature, _, written, faults) =>
    declaredRoutes(feature, written, faults, (method, pattern) => ({
      kind: 'lambda',
      method: routeKey(method, pattern),
    })),
  called: async ({ kind, function: name, qualifier, region }, routes) => [
    ...[kind, name, qualifier, region],
    routes.map(({ id, call }) => [id, call]),
  ],
  addresses: ({ region, endpoint }) => [endpoint ?? regionalEndpoint(region)],
};

/** AWS General Reference, "Lambda endpoints and quotas". */
function regionalEndpoint(region: string): string {
  return `https://lambda.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
