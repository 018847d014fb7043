import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';
import { forbidden } from '../http/api-error.ts';
import { redirect, takeFlash } from '../http/flash.ts';
import { field, formBody } from '../http/form-body.ts';
import { forUser, logIn, logOut, type UserHandler, userOf } from '../http/session.ts';
import type { Models } from '../models/models.ts';
import type { Role, User } from '../models/user-table.ts';
import { html } from './html.ts';
import { type Site, sendPage } from './layout.ts';

const assets = fileURLToPath(new URL('assets/', import.meta.url));

/**
 * What every site with pages has: its style sheet, and the way in and out.
 * @param entering of who has given the right password: as who they come in
 */
export function loginRoutes(
  { users, sessions }: Models,
  site: Site,
  role: Role,
  entering: (user: User) => Promise<User> | User = (user) => user,
): Router {
  const { base } = site;
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use(`${base}/assets`, express.static(assets, { index: false, redirect: false }));

  routes.get(`${base}/login`, (request, response) => {
    showLogin(String(request.query.next ?? ''), takeFlash(request, response))(request, response, () => {});
  });

  routes.post(`${base}/login`, ...formBody, async (request, response, next) => {
    const known = await users.authenticate(
      field(request, 'email', 190, 0),
      field(request, 'password', 200, 0),
    );
    const user = known && (await entering(known));
    const to = field(request, 'next', 1_000, 0);
    if (user === undefined || user.role !== role) {
      response.status(401);
      showLogin(to, undefined, 'Email or password is wrong, or this is not your part of the shop.')(
        request,
        response,
        next,
      );
      return;
    }
    await logIn(sessions, request, response, user);
    redirect(response, isOwn(to) ? to : base);
  });

  routes.post(`${base}/logout`, ...formBody, async (request, response) => {
    await logOut(sessions, request, response);
    redirect(response, `${base}/login`, 'You are logged out.');
  });

  function showLogin(next: string, flash?: string, wrong?: string): RequestHandler {
    const main = html`
${wrong !== undefined && html`<p class="error" role="alert">${wrong}</p>`}
<form class="fields" method="post" action="${base}/login">
<input type="hidden" name="next" value="${next}">
<label>Email <input name="email" type="email" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>`;
    return (_request, response) => sendPage(response, { site, title: 'Log in', flash, main });
  }

  /** Only to a page of this site, whatever a link says. */
  function isOwn(path: string): boolean {
    return path === base || (path.startsWith(`${base}/`) && !path.includes('\\'));
  }

  return routes;
}

/** A page's handler: whoever is not logged in is led to the login, and from there back. */
export function forPageUser(
  { sessions }: Models,
  site: Site,
  role: Role,
  handler: UserHandler,
): RequestHandler {
  const checked = forUser(sessions, [role], handler);
  return async (request, response, next) => {
    const user = await userOf(sessions, request);
    if (user === undefined && (request.method === 'GET' || request.method === 'HEAD')) {
      redirect(response, `${site.base}/login?next=${encodeURIComponent(request.originalUrl)}`);
      return;
    }
    if (user !== undefined && user.role !== role) throw forbidden();
    await checked(request, response, next);
  };
}
