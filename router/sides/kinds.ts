import { z } from 'zod';
import type { RouterService } from './called/router-service.ts';
import { httpKind } from './http/http-kind.ts';
import { type HttpService, type HttpServiceSettings, httpServiceSchema } from './http/http-settings.ts';
import type { ServiceKind, ServiceSide, SideGround } from './kind.ts';
import { lambdaKind } from './lambda/lambda-kind.ts';
import {
  type LambdaService,
  type LambdaServiceSettings,
  lambdaServiceSchema,
} from './lambda/lambda-settings.ts';
import { openHandedIn } from './thrift/handed-in.ts';

/** Every kind of service that a router asks by settings. */
const kinds = { http: httpKind, lambda: lambdaKind };

/** A feature's service as a router is given it: what calls it (Thrift), or how it is asked. */
export type GivenService = RouterService | HttpServiceSettings | LambdaServiceSettings;

type AskedService = HttpService | LambdaService;

/** The same, checked and complete. */
export type CheckedService = RouterService | AskedService;

/** Of those that are given as settings. */
export const askedServiceSchema = z.discriminatedUnion('kind', [httpServiceSchema, lambdaServiceSchema]);

export function isHandedIn<Asked extends object>(service: RouterService | Asked): service is RouterService {
  return 'invoke' in service;
}

/** Makes the side of a service. */
export function openService(service: CheckedService, ground: SideGround): ServiceSide {
  return isHandedIn(service) ? openHandedIn(service, ground) : kindOf(service).open(service, ground);
}

/** How services are asked for shadows; those that were handed in have others for that. */
export function forShadows<Asked extends AskedService>(service: Asked, connections: number): Asked {
  return kindOf(service).forShadows(service, connections);
}

function kindOf<Asked extends AskedService>(service: Asked): ServiceKind<Asked> {
  return kinds[service.kind] as unknown as ServiceKind<Asked>;
}
