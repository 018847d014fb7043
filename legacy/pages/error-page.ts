import type { Request, Response } from 'express';
import type { ApiError } from '../http/api-error.ts';
import { html } from './html.ts';
import { sendPage } from './layout.ts';

/** Paths below a site's that speak JSON whatever the client would rather have. */
const api = /^\/(admin|owner)\/(api|products)(\/|$)/;

/** The site whose page was asked for; undefined where the client wants JSON. */
export function pageSiteOf(request: Request): string | undefined {
  const [path = ''] = request.originalUrl.split('?', 1);
  const [, site] = /^\/(admin|owner)(\/|$)/.exec(path) ?? [];
  const isPage = site !== undefined && !api.test(path) && request.accepts(['json', 'html']) === 'html';
  return isPage ? `/${site}` : undefined;
}

export function sendErrorPage(response: Response, base: string, { status, message }: ApiError): void {
  const site = { base, name: 'The shop', menu: [] };
  const title =
    status === 404 ? 'Nothing here' : status >= 500 ? 'Something went wrong' : 'That did not work';
  const main = html`<p class="error" role="alert">${message}</p><p><a href="${base}">To the first page</a></p>`;
  sendPage(response.status(status), { site, title, main });
}
