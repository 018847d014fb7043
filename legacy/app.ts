import express, { type Express } from 'express';
import { admin } from './apps/admin/admin.ts';
import type { Face, FaceContext, FaceName } from './apps/faces.ts';
import { shopOwner } from './apps/shop-owner/shop-owner.ts';
import { userApi } from './apps/user-api/user-api.ts';
import { errorHandler, noSuchRoute } from './http/error-handler.ts';
import { keepContext } from './http/request-context.ts';
import { requestLog } from './http/request-log.ts';

export interface AppOptions extends FaceContext {
  readonly faces: readonly FaceName[];
}

const byName: Readonly<Record<FaceName, Face>> = { 'user-api': userApi, admin, 'shop-owner': shopOwner };

/** The shop: one Express app of the faces that are asked for, over one database. */
export function createApp({ faces, ...context }: AppOptions): Express {
  const { log } = context;
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', async (_request, response) => {
    await context.models.database.raw('select 1');
    response.json({ status: 'ok' });
  });
  app.use(keepContext);
  app.use(requestLog(context.models, log));
  for (const name of faces) app.use(byName[name](context));
  app.use(noSuchRoute);
  app.use(errorHandler(log));
  return app;
}
