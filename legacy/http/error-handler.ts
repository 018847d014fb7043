import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pageSiteOf, sendErrorPage } from '../pages/error-page.ts';
import { ApiError, errorBody, notFound, notJson, tooLarge } from './api-error.ts';
import { requestContext } from './request-context.ts';
import { unanswered } from './unanswered.ts';

/** By the names that Express's body parser gives its own failures. */
const parserErrors: Readonly<Record<string, () => ApiError>> = {
  'entity.too.large': tooLarge,
  'encoding.unsupported': notJson,
};

export const noSuchRoute: RequestHandler = () => {
  throw notFound('page');
};

/** The last middleware: every failure becomes the one error shape, or a page where a page was asked for; what is no fault of the client's is logged. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const refusal = asApiError(error);
    if (refusal.status >= 500) {
      const { requestId, traceparent } = requestContext() ?? {};
      log.error({ err: error, method: request.method, url: request.originalUrl, requestId, traceparent });
    }
    if (refusal.status === 503) response.set('Retry-After', '1');
    const site = pageSiteOf(request);
    if (site !== undefined) sendErrorPage(response, site, refusal);
    else response.status(refusal.status).json(errorBody(refusal));
  };
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof Error) {
    const known = 'type' in error ? parserErrors[String(error.type)] : undefined;
    if (known !== undefined) return known();
    const missing = unanswered(error);
    if (missing !== undefined) return missing;
    // Express's own: a path that does not decode.
    if (error instanceof URIError) return new ApiError(400, 'bad_request', 'The path cannot be read.');
  }
  return new ApiError(500, 'internal_error', 'Something went wrong on our side.');
}
