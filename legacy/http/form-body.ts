import express, { type Request, type RequestHandler } from 'express';
import { forbidden, invalid } from './api-error.ts';

/**
 * Refuses forms that another site sends in a user's name. The session cookie is SameSite=Lax and does not come with them
 * either; this says so to those who have an old cookie, and does not wait for a browser that keeps to it.
 */
export const ownForms: RequestHandler = (request, _response, next) => {
  const from = request.headers['sec-fetch-site'];
  if (from !== undefined && from !== 'same-origin' && from !== 'none') throw forbidden();
  next();
};

/** Parses the fields of a form into `request.body`. */
export const formBody: readonly RequestHandler[] = [
  ownForms,
  express.urlencoded({ extended: false, limit: '20kb' }),
];

/** A field of the form, without space around it. @throws ApiError 400 when it is missing or too long. */
export function field(request: Request, name: string, max: number, min = 1): string {
  const value: unknown = (request.body as Record<string, unknown> | undefined)?.[name];
  const text = typeof value === 'string' ? value.trim() : '';
  if ([...text].length < min || [...text].length > max) throw invalid(name, `${min} to ${max} characters`);
  return text;
}

/** A field that is one of a few words. */
export function choice<T extends string>(request: Request, name: string, choices: readonly T[]): T {
  const text = field(request, name, 100, 0);
  const found = choices.find((one) => one === text);
  if (found === undefined) throw invalid(name, `one of ${choices.join(', ')}`);
  return found;
}
