import type { Request } from 'express';
import { invalid } from './api-error.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const MAX_ID = 2n ** 63n - 1n;

/** The `:id` of the path, or another of its numbers. An id that no table can hold is still an id: it is found nowhere. */
export function pathId(request: Request, name = 'id'): number {
  return wholeNumber(String(request.params[name]), name);
}

/** A whole number in the query; undefined when absent. */
export function queryNumber(request: Request, name: string): number | undefined {
  const value = request.query[name];
  // Given twice it comes as an array, whose text is no number.
  return value === undefined ? undefined : wholeNumber(String(value), name);
}

/** `limit` in the query: how many a page may hold, 20 unless it says so and at most 100. */
export function queryLimit(request: Request): number {
  const limit = queryNumber(request, 'limit') ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > MAX_LIMIT) throw invalid('limit', `from 1 to ${MAX_LIMIT}`);
  return limit;
}

function wholeNumber(text: string, field: string): number {
  // Each number has one spelling, so that caches in front see one URL for one page.
  if (!/^-?(0|[1-9]\d{0,18})$/.test(text)) throw invalid(field, 'a whole number');
  const value = BigInt(text);
  if (value > MAX_ID || value < -MAX_ID - 1n) throw invalid(field, 'a whole number');
  return Number(value);
}
