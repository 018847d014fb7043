import { Router } from 'express';
import { notLoggedIn } from '../../http/api-error.ts';
import { userOf } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';

/**
 * `/internal/whoami`: who a session cookie belongs to, for a proxy's auth sub-request. The same in the body and in headers,
 * since a proxy can pass headers on and reads no bodies. The load balancer lets nobody pass to it from outside.
 */
export function whoamiRoutes({ sessions }: Models): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.get('/internal/whoami', async (request, response) => {
    response.set('Cache-Control', 'no-store');
    const user = await userOf(sessions, request);
    if (user === undefined) throw notLoggedIn();
    response.set({ 'X-User-Id': String(user.id), 'X-User-Role': user.role });
    response.json({ id: user.id, role: user.role });
  });
  return routes;
}
