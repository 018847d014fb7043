import type { Request } from 'express';
import { invalid } from './api-error.ts';

const MAX_ID = 2n ** 63n - 1n;

/** The `:id` of the path. An id that no table can hold is still an id: it is found nowhere. */
export function pathId(request: Request): number {
  return wholeNumber(String(request.params.id), 'id');
}

/** A whole number in the query; undefined when absent. */
export function queryNumber(request: Request, name: string): number | undefined {
  const value = request.query[name];
  // Given twice it comes as an array, whose text is no number.
  return value === undefined ? undefined : wholeNumber(String(value), name);
}

function wholeNumber(text: string, field: string): number {
  // Each number has one spelling, so that caches in front see one URL for one page.
  if (!/^-?(0|[1-9]\d{0,18})$/.test(text)) throw invalid(field, 'a whole number');
  const value = BigInt(text);
  if (value > MAX_ID || value < -MAX_ID - 1n) throw invalid(field, 'a whole number');
  return Number(value);
}
