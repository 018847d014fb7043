import { Router } from 'express';
import { notFound } from '../../http/api-error.ts';
import { redirect, takeFlash } from '../../http/flash.ts';
import { choice, formBody } from '../../http/form-body.ts';
import { pathId, queryNumber } from '../../http/parameters.ts';
import type { Models } from '../../models/models.ts';
import { roles } from '../../models/user-table.ts';
import { html } from '../../pages/html.ts';
import { select, sendPage, table } from '../../pages/layout.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import { adminSite as site } from './admin-site.ts';

const PAGE = 50;

/** `/admin/users`: who has an account, and what they may do. */
export function userPages(models: Models): Router {
  const { users } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/admin/users',
    forPageUser(models, site, 'admin', async (request, response, user) => {
      const begins = String(request.query.q ?? '').slice(0, 190);
      const page = await users.page(begins, queryNumber(request, 'after') ?? 0, PAGE);
      const rows = page.map(
        (one) => html`<tr><td>${one.id}</td><td>${one.email}</td><td>${one.name}</td><td>
<form class="inline" method="post" action="/admin/users/${one.id}/role">
<label><span class="skip">Role of ${one.email}</span>${select('role', roles, one.role)}</label>
<button aria-label="Change the role of ${one.email}">Change</button></form></td></tr>\n`,
      );
      const more = `/admin/users?q=${encodeURIComponent(begins)}&after=${page.at(-1)?.id}`;
      const main = html`<form class="inline" role="search" action="/admin/users">
<label>Email or name begins with <input name="q" type="search" value="${begins}" maxlength="190"></label>
<button>Search</button></form>
${table('Users', ['Id', 'Email', 'Name', 'Role'], rows)}
${page.length === PAGE && html`<p><a href="${more}">More users</a></p>`}`;
      sendPage(response, { site, title: 'Users', user, flash: takeFlash(request, response), main });
    }),
  );

  routes.post(
    '/admin/users/:id/role',
    ...formBody,
    forPageUser(models, site, 'admin', async (request, response) => {
      const changed = await users.find(pathId(request));
      if (changed === undefined) throw notFound('user');
      const role = choice(request, 'role', roles);
      await users.setRole(changed.id, role);
      redirect(response, '/admin/users', `${changed.email} has the role ${role} now.`);
    }),
  );

  return routes;
}
