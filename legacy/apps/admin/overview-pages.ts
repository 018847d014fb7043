import { Router } from 'express';
import type { Knex } from 'knex';
import { takeFlash } from '../../http/flash.ts';
import type { Models } from '../../models/models.ts';
import { html } from '../../pages/html.ts';
import { sendPage, table } from '../../pages/layout.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import { adminSite as site } from './admin-site.ts';

/** `/admin`: how the shop is doing. */
export function overviewPages(models: Models): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.get(
    site.base,
    forPageUser(models, site, 'admin', async (request, response, user) => {
      const [counts, sales] = await Promise.all([countRows(models.database), lastSales(models.database)]);
      const main = html`
${table(
  'How much there is',
  ['What', 'Rows'],
  counts.map(([name, rows]) => html`<tr><td>${name}</td><td>${rows}</td></tr>\n`),
)}
<h2>Sales by shop, last night’s report</h2>
${table(
  'Sales by shop',
  ['Day', 'Shop', 'Orders', 'Revenue'],
  sales.map(
    (row) =>
      html`<tr><td>${row.day}</td><td>${row.name}</td><td>${row.orders}</td><td>${row.revenue}</td></tr>\n`,
  ),
)}`;
      sendPage(response, { site, title: 'Overview', user, flash: takeFlash(request, response), main });
    }),
  );
  return routes;
}

async function countRows(database: Knex): Promise<readonly (readonly [string, number])[]> {
  const tables = ['shops', 'products', 'users', 'orders'];
  return Promise.all(
    tables.map(async (name) => {
      const [row] = await database(name).count({ n: '*' });
      return [name, Number(row!.n)] as const;
    }),
  );
}

async function lastSales(
  database: Knex,
): Promise<readonly { day: string; name: string; orders: number; revenue: string }[]> {
  return database('daily_sales')
    .leftJoin('shops', 'shops.id', 'daily_sales.shop_id')
    .where('day', database('daily_sales').max('day'))
    .orderBy('revenue', 'desc')
    .limit(20)
    .select('name', 'orders', 'revenue', {
      // As text: a day has no time zone.
      day: database.raw("date_format(day, '%Y-%m-%d')"),
    });
}
