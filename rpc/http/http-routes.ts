import { serviceOf } from '../idl/load-idl.ts';
import type { Idl } from '../idl/model.ts';
import { bindMethod } from './bind-method.ts';
import type { HttpRoute } from './binding.ts';

/**
 * The HTTP routes that a service's annotations declare. A GET route also makes a HEAD route, unless that path has one of
 * its own.
 *
 * @throws BanyanError `BANYAN_IDL_NO_SERVICE`
 */
export function httpRoutes(idl: Idl, service: string): HttpRoute[] {
  const found = serviceOf(idl, service);
  const declared = found.methods.flatMap((method) => bindMethod(found, method)?.routes ?? []);
  const taken = new Set(declared.map((route) => `${route.method} ${route.path}`));
  return declared.flatMap((route) =>
    route.method === 'GET' && !taken.has(`HEAD ${route.path}`)
      ? [route, { ...route, method: 'HEAD' }]
      : [route],
  );
}
