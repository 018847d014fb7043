import { Router } from 'express';
import { isDuplicateKey } from '../../database.ts';
import { ApiError } from '../../http/api-error.ts';
import { bodyObject, jsonBody } from '../../http/json-body.ts';
import { queryLimit, queryNumber } from '../../http/parameters.ts';
import { forUser, logIn, logOut, sessionToken } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';
import { roles } from '../../models/user-table.ts';
import { checkLogin, checkNewUser, checkProfileChange } from './account-rules.ts';

/** `/api/users`, `/api/session` and `/api/me`: who somebody is, and what they ordered. */
export function accountRoutes({ tables, sessions: anySessions, orders }: Models): Router {
  const { users, sessions } = tables;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.post('/api/users', ...jsonBody, async (request, response) => {
    const fields = checkNewUser(bodyObject(request));
    if ((await users.findByEmail(fields.email)) !== undefined) throw emailTaken();
    const user = await users.insert(fields).catch((error: unknown) => {
      // Two at once.
      throw isDuplicateKey(error) ? emailTaken() : error;
    });
    await logIn(sessions, request, response, user);
    response.status(201).json(user);
  });

  routes.post('/api/session', ...jsonBody, async (request, response) => {
    const { email, password } = checkLogin(bodyObject(request));
    const user = await users.authenticate(email, password);
    if (user === undefined) throw new ApiError(401, 'wrong_login', 'Email or password is wrong.');
    await logIn(sessions, request, response, user);
    response.json(user);
  });

  routes.delete('/api/session', async (request, response) => {
    await logOut(sessions, request, response);
    response.status(204).end();
  });

  routes.get(
    '/api/me',
    forUser(sessions, roles, (_request, response, user) => void response.json(user)),
  );

  routes.patch(
    '/api/me',
    ...jsonBody,
    forUser(sessions, roles, async (request, response, user) => {
      const { name, password, currentPassword } = checkProfileChange(bodyObject(request));
      if (password !== undefined) {
        if ((await users.authenticate(user.email, currentPassword ?? '')) === undefined) {
          throw new ApiError(403, 'wrong_password', 'This is not the password that you have now.');
        }
        await users.setPassword(user.id, password);
        // Whoever knew the old one is out.
        await sessions.closeOthers(user.id, sessionToken(request) ?? '');
      }
      if (name !== undefined) await users.rename(user.id, name);
      response.json({ ...user, ...(name !== undefined && { name }) });
    }),
  );

  routes.get(
    '/api/me/orders',
    forUser(anySessions, roles, async (request, response, user) => {
      const limit = queryLimit(request);
      const page = await orders.page({ userId: user.id }, queryNumber(request, 'before'), limit);
      response.json({ orders: page, next: page.length === limit ? page.at(-1)?.id : undefined });
    }),
  );

  return routes;
}

function emailTaken(): ApiError {
  return new ApiError(409, 'email_taken', 'There is an account with this email.');
}
