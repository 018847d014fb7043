import type { RequestHandler } from 'express';
import type { Models } from '../models/models.ts';
import { knownUserOf } from './session.ts';

/** Writes every request to the `logs` table once it is over. */
export function requestLog({ logs, clock }: Models): RequestHandler {
  return (request, response, next) => {
    const at = clock();
    const began = performance.now();
    // As it came: routers change `path` while they look for the handler.
    const [path] = request.originalUrl.split('?', 1);
    response.once('close', async () => {
      const user = await knownUserOf(request);
      logs.note({
        ...{ at, method: request.method.slice(0, 10), path: path!.slice(0, 500) },
        // The client was gone before the answer: nginx's number for it.
        status: response.headersSent ? response.statusCode : 499,
        durationMs: Math.round(performance.now() - began),
        userId: user?.id ?? null,
      });
    });
    next();
  };
}
