import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Models } from '../models/models.ts';
import { requestContext } from './request-context.ts';
import { knownUserOf } from './session.ts';

/** Notes every request in the shop's log once it is over, and to the process's log at level debug. */
export function requestLog({ logBatches, clock }: Models, log: Logger): RequestHandler {
  return (request, response, next) => {
    const at = clock();
    const began = performance.now();
    const { requestId, traceparent } = requestContext() ?? {};
    // As it came: routers change `path` while they look for the handler.
    const [path] = request.originalUrl.split('?', 1);
    response.once('close', async () => {
      const user = await knownUserOf(request);
      const entry = {
        ...{ at, method: request.method.slice(0, 10), path: path!.slice(0, 500) },
        // The client was gone before the answer: nginx's number for it.
        status: response.headersSent ? response.statusCode : 499,
        durationMs: Math.round(performance.now() - began),
        userId: user?.id ?? null,
      };
      logBatches.note({ ...entry, requestId: requestId ?? null });
      log.debug({ ...entry, requestId, traceparent }, 'A request.');
    });
    next();
  };
}
