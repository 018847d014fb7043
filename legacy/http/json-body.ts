import { isUtf8 } from 'node:buffer';
import express, { type Request, type RequestHandler } from 'express';
import { notAnObject, notJson } from './api-error.ts';

/** As much as the shop's own admin pages ever send, many times over. */
const MAX_BODY = '100kb';
/** No product and no order nests so deep; what does is an attack on whoever walks through it. */
const MAX_DEPTH = 128;

const parse: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  // Without a body, Express leaves it undefined.
  if (bytes instanceof Buffer && bytes.length > 0) {
    if (!isJson(request.headers['content-type'])) throw notJson();
    request.body = parseJson(bytes);
  } else {
    request.body = {};
  }
  next();
};

/** Parses a JSON body into `request.body`; no body counts as `{}`. */
export const jsonBody: readonly RequestHandler[] = [
  express.raw({ type: () => true, limit: MAX_BODY, inflate: false }),
  parse,
];

/** The parsed body, which must be an object. */
export function bodyObject(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notAnObject();
  return body as Readonly<Record<string, unknown>>;
}

/** Scripts of old forget to say what they send: without a type it is taken for JSON. */
function isJson(type: string | undefined): boolean {
  if (type === undefined) return true;
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(type)?.[1] ?? 'utf-8';
  return /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type) && /^utf-?8$/i.test(charset);
}

function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw notAnObject();
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    throw notAnObject();
  }
  if (!isSound(value, MAX_DEPTH)) throw notAnObject();
  return value;
}

/** Nested within bounds, and free of half surrogate pairs: MySQL would store those as question marks. */
function isSound(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isSound(member, levels - 1));
}
