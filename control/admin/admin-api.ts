import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { BanyanError } from '../../common/errors.ts';
import type { Commands } from '../commands.ts';
import type { Direction } from '../feature/stages.ts';
import { judgeShadow } from '../shadow/index.ts';
import type { StateStore } from '../store/index.ts';
import { sameToken } from './admin-token.ts';
import { answerError } from './answer-error.ts';
import {
  actorOf,
  auditQuery,
  canaryRequest,
  changeRequest,
  cohortsRequest,
  copyRequest,
  diffQuery,
  handoverRequest,
  ignoreRequest,
  optionalWhy,
  parseRequest,
  repairRequest,
  shadowRequest,
} from './requests.ts';
import { streamWork } from './stream-work.ts';

export interface AdminApiOptions {
  readonly token: string;
  readonly store: StateStore;
  /** Throws `BANYAN_CONTROL_STANDBY` while another process conducts. */
  readonly commands: () => Commands;
  readonly status: () => Promise<object>;
  readonly role: () => 'active' | 'standby';
}

/** The admin API. See docs/control.md for every request and answer. */
export function adminApi(options: AdminApiOptions): Express {
  const { store, commands } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/healthz', (_request, response) => {
    response.json({ ok: true, role: options.role() });
  });
  app.use((request, _response, next) => {
    const [scheme, given] = (request.get('authorization') ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !sameToken(given ?? '', options.token)) {
      throw new BanyanError('BANYAN_UNAUTHORIZED', 'The request carries no valid admin token.', {
        fix: 'Send `Authorization: Bearer …` with the token from control.tokenFile.',
      });
    }
    next();
  });
  app.use(express.json({ limit: '64kb', strict: true }));

  app.get('/v1/status', async (_request, response) => {
    response.json(await options.status());
  });
  app.get('/v1/routes', async (_request, response) => {
    response.json(await store.routeTable());
  });
  app.get('/v1/audit', async (request, response) => {
    const { feature, limit } = parseRequest(auditQuery, request.query);
    response.json(await store.audit({ limit, ...(feature === undefined ? {} : { feature }) }));
  });

  app.post('/v1/features/:feature/copy', async (request, response) => {
    const { why, skipDataCheck } = parseRequest(copyRequest, request.body);
    const { feature } = await known(store, request);
    const at = commands();
    await streamWork(response, (tell) => at.copy(feature, actorOf(request, why), tell, { skipDataCheck }));
  });
  app.post('/v1/features/:feature/verify', async (request, response) => {
    const { why } = parseRequest(optionalWhy, request.body);
    const { feature } = await known(store, request);
    const at = commands();
    await streamWork(response, (tell) => at.verify(feature, actorOf(request, why ?? ''), tell));
  });
  app.post('/v1/features/:feature/repair', async (request, response) => {
    const { why, table, keys, dryRun } = parseRequest(repairRequest, request.body);
    const { feature } = await known(store, request);
    const at = commands();
    await streamWork(response, (onProgress) =>
      at.repair(feature, {
        ...actorOf(request, why ?? ''),
        ...(table === undefined ? {} : { table }),
        ...(keys === undefined ? {} : { keys }),
        dryRun,
        onProgress,
      }),
    );
  });
  for (const direction of ['cutover', 'rollback'] satisfies Direction[]) {
    app.post(`/v1/features/:feature/${direction}`, async (request, response) => {
      const { why, dryRun, force } = parseRequest(handoverRequest, request.body);
      const { feature } = await known(store, request);
      const at = commands();
      await streamWork(response, (onProgress) =>
        dryRun
          ? at.rehearse(feature, direction, force)
          : at.handover(feature, { ...actorOf(request, why ?? ''), direction, force, onProgress }),
      );
    });
  }
  app.post('/v1/features/:feature/canary', async (request, response) => {
    const { why, ...asked } = parseRequest(canaryRequest, request.body);
    const { feature } = await known(store, request);
    response.json(await commands().canary(feature, { ...asked, ...actorOf(request, why ?? '') }));
  });
  app.post('/v1/features/:feature/cohorts', async (request, response) => {
    const { why, ...asked } = parseRequest(cohortsRequest, request.body);
    const { feature } = await known(store, request);
    response.json(await commands().cohorts(feature, { ...asked, ...actorOf(request, why ?? '') }));
  });
  app.post('/v1/features/:feature/shadow', async (request, response) => {
    const { why, ...asked } = parseRequest(shadowRequest, request.body);
    const { feature } = await known(store, request);
    response.json(await commands().shadow(feature, { ...asked, ...actorOf(request, why ?? '') }));
  });
  app.get('/v1/features/:feature/diff', async (request, response) => {
    const { route } = parseRequest(diffQuery, request.query);
    const { feature } = await known(store, request);
    response.json(await judgeShadow(store, feature, route));
  });
  app.post('/v1/features/:feature/ignore', async (request, response) => {
    const { why, ...asked } = parseRequest(ignoreRequest, request.body);
    const { feature } = await known(store, request);
    response.json(await commands().ignore(feature, { ...asked, ...actorOf(request, why) }));
  });
  app.post('/v1/features/:feature/sign-off', async (request, response) => {
    const { why } = parseRequest(changeRequest, request.body);
    const { feature } = await known(store, request);
    response.json(await commands().signOff(feature, actorOf(request, why)));
  });
  for (const action of ['pause', 'resume', 'abandon'] as const) {
    app.post(`/v1/features/:feature/${action}`, async (request, response) => {
      const { why } = parseRequest(optionalWhy, request.body);
      const { feature } = await known(store, request);
      response.json(await commands()[action](feature, actorOf(request, why ?? '')));
    });
  }

  app.use((request: Request, _response: Response) => {
    throw new BanyanError('BANYAN_NOT_FOUND', `The admin API has no ${request.method} ${request.path}.`, {
      fix: 'docs/control.md lists every request.',
    });
  });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else answerError(response, isBodyError(error) ? unreadableBody(error) : error);
  });
  return app;
}

/** The feature of the path, or `BANYAN_FEATURE_UNKNOWN` while a status can still be sent. */
async function known(store: StateStore, request: Request): Promise<{ feature: string }> {
  const { feature } = await store.feature(String(request.params.feature));
  return { feature };
}

/** What express.json raises carries a status of its own. */
function isBodyError(error: unknown): error is Error {
  return error instanceof Error && 'status' in error && 'expose' in error;
}

function unreadableBody(cause: Error): BanyanError {
  return new BanyanError('BANYAN_REQUEST_INVALID', `The body cannot be read: ${cause.message}`, {
    fix: 'Send a JSON object of at most 64 KiB with content-type application/json.',
    cause,
  });
}
