import type { Idl } from '../idl/model.ts';
import { bindMethod } from './bind-method.ts';
import type { HttpRoute } from './binding.ts';
import { httpService } from './http-service.ts';

/**
 * The HTTP routes that a service's annotations declare. A GET route also makes a HEAD route, and one with
 * `api.cors` an OPTIONS route for preflights, unless that path has one of its own.
 *
 * @throws BanyanError `BANYAN_IDL_NO_SERVICE`
 */
export function httpRoutes(idl: Idl, service: string): HttpRoute[] {
  const found = httpService(idl, service);
  const bindings = found.methods.flatMap((method) => bindMethod(found, method) ?? []);
  const taken = new Set(
    bindings.flatMap(({ routes }) => routes.map((route) => `${route.method} ${route.path}`)),
  );
  return bindings.flatMap(({ routes, answer }) =>
    routes.flatMap((route) => {
      const implied: HttpRoute[] = [];
      const imply = (method: string): void => {
        const key = `${method} ${route.path}`;
        if (taken.has(key)) return;
        if (method !== 'HEAD') taken.add(key);
        implied.push({ ...route, method, ...(method === 'OPTIONS' ? { access: 'read' } : {}) });
      };
      if (route.method === 'GET') imply('HEAD');
      if (answer !== null && answer.cors !== null) imply('OPTIONS');
      return [route, ...implied];
    }),
  );
}
