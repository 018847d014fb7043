import express, { type Request, type RequestHandler } from 'express';
import { notAnObject, notJson } from './api-error.ts';

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const empty = request.headers['content-length'] === '0' || request.is('*/*') === null;
  if (!empty && request.is('application/json') === false) throw notJson();
  next();
};

/** Parses a JSON body into `request.body`. Without a body it stays undefined. */
export const jsonBody: readonly RequestHandler[] = [
  refuseOtherTypes,
  express.json({ limit: '100kb', inflate: false }),
];

/** The parsed body, which must be an object; no body counts as `{}`. */
export function bodyObject(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notAnObject();
  return body as Readonly<Record<string, unknown>>;
}
