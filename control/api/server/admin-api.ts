import express, { type Express, type NextFunction, type Request, type Response, Router } from 'express';
import { BanyanError } from '../../../common/errors.ts';
import { serveDashboard } from '../../dashboard/index.ts';
import type { OnProgress } from '../../progress.ts';
import type { Actor } from '../../store/index.ts';
import {
  type Action,
  actions,
  type FeatureAction,
  type InquiryName,
  inquiries,
  type OrderName,
  orders,
  type QuestionName,
  questions,
} from '../contract/operations.ts';
import { noReason } from '../contract/words.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import { answerError } from './answer-error.ts';
import { Newsroom } from './events/newsroom.ts';
import { serveEvents } from './events/serve-events.ts';
import { assertMayChange, Gatekeeper, type Token } from './gatekeeper.ts';
import {
  type ActionHandler,
  actionHandlers,
  type InquirySources,
  inquiryHandlers,
  type OrderSources,
  orderHandlers,
  type QuestionSources,
  questionHandlers,
} from './handlers.ts';
import { actorOf, readRequest } from './read-request.ts';
import { statusMetrics } from './status-metrics.ts';
import { streamWork } from './stream-work.ts';

export interface AdminApiOptions extends QuestionSources, InquirySources, OrderSources {
  readonly tokens: readonly Token[];
  readonly role: () => 'active' | 'standby';
  /** What changes something is refused without a reason. */
  readonly requireWhy: () => boolean;
  /** Aborts when control ends: who listens to events is sent away then. */
  readonly signal: AbortSignal;
}

/** The admin API: serves what the contract declares, and the dashboard over it. */
export function adminApi(options: AdminApiOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/healthz', (_request, response) => {
    response.json({ ok: true, role: options.role() });
  });
  app.get('/v1/openapi.json', (_request, response) => {
    response.json(openApiDocument());
  });
  const gatekeeper = new Gatekeeper(options.tokens);
  const api = behindTheDoor(options);
  serveDashboard(app, { tokens: options.tokens, gatekeeper, api, requireWhy: options.requireWhy });
  app.use((request, response, next) => {
    try {
      const token = gatekeeper.admit(request.get('authorization'), request.socket.remoteAddress ?? '');
      response.locals.token = token;
    } catch (error) {
      response.setHeader('retry-after', gatekeeper.retryAfterSeconds);
      throw error;
    }
    next();
  });
  app.use(api);
  app.use((request: Request, _response: Response) => {
    throw new BanyanError('BANYAN_NOT_FOUND', `The admin API has no ${request.method} ${request.path}.`, {
      fix: 'docs/api.md lists every request.',
    });
  });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else answerError(response, isBodyError(error) ? unreadableBody(error) : error);
  });
  return app;
}

/** All that is asked with a token, once somebody has found out which. */
function behindTheDoor(options: AdminApiOptions): Router {
  const api = Router();
  const newsroom = new Newsroom(options);
  api.use(express.json({ limit: '64kb', strict: true }));
  for (const name of Object.keys(questions) as QuestionName[]) serveQuestion(api, options, name);
  api.get('/metrics', async (_request, response) => {
    const { type, text } = await statusMetrics(await options.status());
    response.setHeader('content-type', type).send(text);
  });
  api.get('/v1/events', (request, response) => serveEvents(newsroom, request, response, options.signal));
  for (const name of Object.keys(inquiries) as InquiryName[]) serveInquiry(api, options, name);
  for (const name of Object.keys(orders) as OrderName[]) serveOrder(api, options, newsroom, name);
  for (const name of Object.keys(actions) as FeatureAction[]) serveAction(api, options, newsroom, name);
  return api;
}

function serveQuestion(app: Router, sources: AdminApiOptions, name: QuestionName): void {
  const { path, query } = questions[name];
  const handle = questionHandlers[name] as (
    from: QuestionSources,
    query: object,
    feature: string | null,
  ) => Promise<object>;
  app.get(path.replace(/\{(\w+)\}/g, ':$1'), async (request, response) => {
    const asked = readRequest(query, request.query);
    const feature = 'feature' in request.params ? await known(sources, request) : null;
    response.locals.feature = feature;
    response.json(await handle(sources, asked, feature));
  });
}

function serveInquiry(app: Router, sources: AdminApiOptions, name: InquiryName): void {
  const handle = inquiryHandlers[name] as (from: InquirySources, body: object) => Promise<object>;
  app.post(`/v1/${name}`, async (request, response) => {
    response.json(await handle(sources, readRequest(inquiries[name].body, request.body)));
  });
}

function serveAction(
  app: Router,
  { commands, ...sources }: AdminApiOptions,
  newsroom: Newsroom,
  name: FeatureAction,
): void {
  const { body: schema, streams }: Action = actions[name];
  const handle = actionHandlers[name] as unknown as ActionHandler<'pause'>;
  app.post(`/v1/features/:feature/${name}`, async (request, response) => {
    const body = readRequest(schema, request.body) as Reasoned;
    const token = tokenOf(response);
    assertMayChange(token, body);
    if (name !== 'verify') assertReason(sources, body);
    const feature = await known(sources, request);
    response.locals.feature = feature;
    const work = handle({ at: commands(), feature, actor: actorOf(request, token, body.why ?? ''), body });
    const tellAll = newsroom.progressOf(feature);
    if (!streams) return void response.json(await work(tellAll));
    await streamWork(response, (tell) =>
      work((progress) => {
        tell(progress);
        tellAll(progress);
      }),
    );
  });
}

function serveOrder(app: Router, sources: AdminApiOptions, newsroom: Newsroom, name: OrderName): void {
  const { body: schema }: Action = orders[name];
  const handle = orderHandlers[name] as (
    from: OrderSources,
    body: object,
    actor: Actor,
  ) => (onProgress: OnProgress) => Promise<unknown>;
  app.post(`/v1/${name}`, async (request, response) => {
    const body = readRequest(schema, request.body) as Reasoned & { readonly features?: readonly string[] };
    const token = tokenOf(response);
    assertMayChange(token, body);
    assertReason(sources, body);
    const work = handle(sources, body, actorOf(request, token, body.why ?? ''));
    const tellAll = (body.features ?? []).map((feature) => newsroom.progressOf(feature));
    await streamWork(response, (tell) =>
      work((progress) => {
        tell(progress);
        for (const tellOne of tellAll) tellOne(progress);
      }),
    );
  });
}

function tokenOf(response: Response): Token {
  return response.locals.token as Token;
}

interface Reasoned {
  readonly why?: string | undefined;
  readonly dryRun?: boolean;
}

function assertReason({ requireWhy }: Pick<AdminApiOptions, 'requireWhy'>, { why, dryRun }: Reasoned): void {
  if (dryRun || !requireWhy() || (why !== undefined && why !== noReason)) return;
  throw new BanyanError('BANYAN_REQUEST_INVALID', 'why: the config asks for a reason (control.requireWhy).', {
    fix: 'Say why: --why REASON; it is kept in the audit log.',
  });
}

/** The feature of the path, or `BANYAN_FEATURE_UNKNOWN` while a status can still be sent. */
async function known({ store }: Pick<QuestionSources, 'store'>, request: Request): Promise<string> {
  const { feature } = await store.feature(String(request.params.feature));
  return feature;
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
