import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';

const name = 'flash';

/** The answer to a form that did something: go on there, and be told there what it did. */
export function redirect(response: Response, to: string, flash?: string): void {
  if (flash !== undefined) response.cookie(name, flash, { httpOnly: true, sameSite: 'lax', path: '/' });
  response.redirect(303, to);
}

/** What the form before this page did; told once. */
export function takeFlash(request: Request, response: Response): string | undefined {
  const text = request.headers.cookie && parseCookie(request.headers.cookie)[name];
  if (!text) return undefined;
  response.clearCookie(name, { httpOnly: true, sameSite: 'lax', path: '/' });
  return text.slice(0, 200);
}
