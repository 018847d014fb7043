import { z } from 'zod';
import type { Fault } from '../../../common/errors.ts';
import type { SidePlace } from '../../../router/sides/reach.ts';
import type { ConfiguredRoute } from '../config.ts';
import type { RouteOverrides } from '../feature-routes.ts';
import { type HttpServiceConfig, httpService, httpServiceInput } from './http-service.ts';
import { type LambdaServiceConfig, lambdaService, lambdaServiceInput } from './lambda-service.ts';
import type { ConfiguredKind } from './service-kind.ts';
import { type ThriftServiceConfig, thriftService, thriftServiceInput } from './thrift-service.ts';

/** Every kind of service that a config may name. */
const kinds = { thrift: thriftService, http: httpService, lambda: lambdaService };

export type ServiceConfig = ThriftServiceConfig | HttpServiceConfig | LambdaServiceConfig;

export const serviceInput = z.discriminatedUnion('kind', [
  thriftServiceInput,
  httpServiceInput,
  lambdaServiceInput,
]);

type ParsedService = z.output<typeof serviceInput>;

export function completeService(parsed: ParsedService, directory: string): ServiceConfig {
  return kindOf(parsed).complete(parsed, directory);
}

export function serviceRoutes(
  feature: string,
  service: ServiceConfig,
  written: RouteOverrides,
  faults: Fault[],
): Promise<ConfiguredRoute[]> {
  return kindOf(service).routes(feature, service, written, faults);
}

export async function calledBy(service: ServiceConfig, routes: readonly ConfiguredRoute[]): Promise<unknown> {
  const called = await kindOf(service).called(service, routes);
  return service.identity === undefined ? called : [called, service.identity];
}

export function addressesOf(service: ServiceConfig): readonly string[] {
  return kindOf(service).addresses(service);
}

/** Where somebody must accept connections for a service to be there. */
export function servicePlace(service: ServiceConfig): SidePlace {
  return { kind: service.kind === 'thrift' ? 'thrift' : 'http', addresses: addressesOf(service) };
}

function kindOf({ kind }: ServiceConfig | ParsedService): ConfiguredKind<ParsedService, ServiceConfig> {
  return kinds[kind] as unknown as ConfiguredKind<ParsedService, ServiceConfig>;
}
