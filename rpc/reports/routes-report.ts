import type { HttpRoute } from '../http/binding.ts';
import { httpRoutes } from '../http/http-routes.ts';
import type { Idl } from '../idl/model.ts';

export interface ReportedRoute extends HttpRoute {
  readonly service: string;
}

/** Every HTTP route of every service that the IDL's own file declares: what `banyan idl routes` lists. */
export function idlRoutesReport(idl: Idl): ReportedRoute[] {
  const own = [...idl.services.keys()].filter((name) => !name.includes('.'));
  return own.flatMap((service) => httpRoutes(idl, service).map((route) => ({ service, ...route })));
}
