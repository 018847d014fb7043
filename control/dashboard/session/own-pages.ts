import type { Request } from 'express';
import { BanyanError } from '../../../common/errors.ts';
import { isEqual, type Session } from './session-seal.ts';

/**
 * Throws `BANYAN_FORBIDDEN` where another site's page sent the request: by what the browser says of it. A browser says so with every
 * request that can change something; what is no browser has no cookie that a page could misuse.
 */
export function assertOwnPage(request: Request): void {
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  const own =
    site !== undefined
      ? site === 'same-origin' || (site === 'none' && request.method === 'GET')
      : origin === undefined || hostOf(origin) === request.get('host');
  if (!own) throw foreign();
}

/** The same of a request that changes something or asks on somebody's behalf: it carries what only the dashboard's page knows. */
export function assertSessionsPage(request: Request, session: Session): void {
  assertOwnPage(request);
  if (!isEqual(request.get('x-banyan-csrf') ?? '', session.csrf)) throw foreign();
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function foreign(): BanyanError {
  return new BanyanError('BANYAN_FORBIDDEN', 'The request did not come from the dashboard’s own page.', {
    fix: 'Open the dashboard and do it there; programs use the admin API with its token.',
  });
}
