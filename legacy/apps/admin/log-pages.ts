import { type Request, Router } from 'express';
import { queryNumber } from '../../http/parameters.ts';
import { forUser } from '../../http/session.ts';
import type { LogQuery } from '../../models/log-table.ts';
import type { Models } from '../../models/models.ts';
import { html } from '../../pages/html.ts';
import { sendPage, table, time } from '../../pages/layout.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import { adminSite as site } from './admin-site.ts';

const PAGE = 100;

/** `/admin/logs`: what was asked of all three faces; the same as JSON under `/admin/api/logs`. */
export function logPages(models: Models): Router {
  const { logs, sessions } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/admin/logs',
    forPageUser(models, site, 'admin', async (request, response, user) => {
      const asked = logQuery(request);
      const page = await logs.page(asked);
      const rows = page.map(
        (entry) => html`<tr><td>${time(entry.at)}</td><td>${entry.method}</td><td>${entry.path}</td>
<td>${entry.status}</td><td>${entry.durationMs} ms</td><td>${entry.userId}</td></tr>\n`,
      );
      const older = new URLSearchParams({ path: asked.path, page: String(asked.page + 1) });
      if (asked.status !== undefined) older.set('status', String(asked.status));
      const main = html`<form class="inline" role="search" action="/admin/logs">
<label>Path begins with <input name="path" type="search" value="${asked.path}" maxlength="500"></label>
<label>Status <input name="status" inputmode="numeric" pattern="[1-5][0-9]{2}" value="${asked.status}"></label>
<button>Show</button></form>
${table('Requests', ['At', 'Method', 'Path', 'Status', 'Took', 'User'], rows)}
${page.length === PAGE && html`<p><a href="/admin/logs?${older.toString()}">Older requests</a></p>`}`;
      sendPage(response, { site, title: 'Logs', user, main });
    }),
  );

  routes.get(
    '/admin/api/logs',
    forUser(sessions, ['admin'], async (request, response) => {
      response.json({ logs: await logs.page(logQuery(request)) });
    }),
  );

  return routes;
}

function logQuery(request: Request): LogQuery {
  const { path, status } = request.query;
  return {
    path: String(path ?? '').slice(0, 500),
    // An empty field of the form.
    status: status === '' ? undefined : queryNumber(request, 'status'),
    page: Math.min(Math.max(0, queryNumber(request, 'page') ?? 0), 10_000),
    limit: PAGE,
  };
}
