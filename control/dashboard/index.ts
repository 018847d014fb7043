import { createHash } from 'node:crypto';
import { type Express, type NextFunction, type Request, type Response, Router, urlencoded } from 'express';
import { BanyanError, describeError } from '../../common/errors.ts';
import type { Gatekeeper, Token } from '../api/server/gatekeeper.ts';
import { ClientFiles } from './files/client-files.ts';
import { pageHeaders } from './page-headers.ts';
import { dashboardPage, loginPage } from './pages.ts';
import { assertOwnPage, assertSessionsPage } from './session/own-pages.ts';
import { dashboardPath, SessionCookies } from './session/session-cookie.ts';
import type { Session } from './session/session-seal.ts';

export interface DashboardOptions {
  readonly tokens: readonly Token[];
  readonly gatekeeper: Gatekeeper;
  /** The admin API behind its door: whoever has a session has what its token has. */
  readonly api: Router;
  readonly requireWhy: () => boolean;
}

/**
 * The dashboard below `/dashboard`: a page, a login, and the admin API once more below `/dashboard/api`, there with the session's cookie
 * in place of the token. The API itself takes no cookie, so no other site's page can ask it anything.
 */
export function serveDashboard(app: Express, options: DashboardOptions): void {
  const cookies = new SessionCookies(options.tokens);
  const router = Router();
  router.use(pageHeaders);
  serveFiles(router);
  serveLogin(router, cookies, options);
  router.get('/', (request, response) => {
    if (cookies.find(request) === null) response.redirect(303, `${dashboardPath}/login`);
    else response.type('html').send(dashboardPage());
  });
  router.use(['/session', '/api'], (request, response, next) => admit(cookies, request, response, next));
  router.get('/session', (_request, response) => {
    const { token, who, expiresAt, csrf } = response.locals.session as Session;
    const { role, name } = token;
    response.json({ role, token: name, who, expiresAt, csrf, requireWhy: options.requireWhy() });
  });
  router.use('/api', options.api);
  router.use((request) => {
    throw new BanyanError('BANYAN_NOT_FOUND', `The dashboard has no ${request.method} ${request.path}.`, {
      fix: 'Open /dashboard/.',
    });
  });
  app.get('/', (_request, response) => response.redirect(302, `${dashboardPath}/`));
  app.get(dashboardPath, (request, response, next) => {
    if (request.path === dashboardPath) response.redirect(302, `${dashboardPath}/`);
    else next();
  });
  app.use(dashboardPath, router);
}

function serveFiles(router: Router): void {
  // Found with the first page that is looked at: most control processes show none.
  let files: Promise<ClientFiles> | null = null;
  // As it was asked for: no file of the page has a name that would be written otherwise.
  router.get(/^\/files\//, async (request, response, next) => {
    files ??= ClientFiles.find();
    const file = await (await files).get(request.path.slice('/files/'.length));
    if (file === null) return next();
    response.setHeader('cache-control', 'no-cache');
    const etag = `"${createHash('sha256').update(file.content).digest('base64url')}"`;
    response.setHeader('etag', etag);
    response.setHeader('content-type', file.type);
    if (request.get('if-none-match') === etag) response.status(304).end();
    else response.send(file.content);
  });
}

function serveLogin(router: Router, cookies: SessionCookies, { gatekeeper }: DashboardOptions): void {
  const answer = (response: Response, status: number, problem: string | null) =>
    response.status(status).type('html').send(loginPage(problem));
  router.get('/login', (_request, response) => answer(response, 200, null));
  const form = urlencoded({ extended: false, limit: '8kb', parameterLimit: 10 });
  router.post('/login', form, (request, response) => {
    try {
      assertOwnPage(request);
      const { who, token: secret } = (request.body ?? {}) as Record<string, unknown>;
      if (typeof secret !== 'string' || typeof who !== 'string' || who.trim() === '') {
        return answer(response, 400, 'Give your name and a token.');
      }
      const token = gatekeeper.admit(`Bearer ${secret.trim()}`, request.socket.remoteAddress ?? '');
      cookies.begin(request, response, token, who);
      return response.redirect(303, `${dashboardPath}/`);
    } catch (error) {
      const { code } = describeError(error);
      if (code === 'BANYAN_UNAUTHORIZED') return answer(response, 401, 'This is no valid token.');
      if (code === 'BANYAN_FORBIDDEN')
        return answer(response, 403, 'Log in on this page, not on another site’s.');
      if (code !== 'BANYAN_TOO_MANY_FAILURES') throw error;
      response.setHeader('retry-after', gatekeeper.retryAfterSeconds);
      return answer(
        response,
        429,
        'Too many wrong tokens came from your address. A valid one is let in at once.',
      );
    }
  });
  router.post('/logout', (request, response) => {
    const session = cookies.find(request);
    if (session !== null) {
      assertSessionsPage(request, session);
      cookies.end(request, response, session);
    }
    response.status(204).end();
  });
}

/** Lets in who has a session; what is no mere look carries the proof that the dashboard's own page sent it, too. */
function admit(cookies: SessionCookies, request: Request, response: Response, next: NextFunction): void {
  const session = cookies.find(request);
  if (session === null) {
    throw new BanyanError('BANYAN_UNAUTHORIZED', 'The session is over, or was never begun.', {
      fix: 'Log in at /dashboard/login.',
    });
  }
  if (request.method === 'GET' || request.method === 'HEAD') assertOwnPage(request);
  else assertSessionsPage(request, session);
  // Who it is, the session knows: a page cannot act under another name.
  request.headers['x-banyan-who'] = encodeURI(session.who);
  response.locals.session = session;
  response.locals.token = session.token;
  // A stream of events ends with the session.
  const end = setTimeout(() => response.end(), session.expiresAt - Date.now());
  response.on('close', () => clearTimeout(end));
  next();
}
