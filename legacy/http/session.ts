import { parseCookie } from 'cookie';
import type { Request, RequestHandler, Response } from 'express';
import { SESSION_MS, type Sessions } from '../models/session-table.ts';
import type { Role, User } from '../models/user-table.ts';
import { forbidden, notLoggedIn } from './api-error.ts';

/** The cookie of a login, the same for all faces. */
const name = 'session';
/** Where the request's user is kept once it was asked for: null when nobody is logged in. */
const users = new WeakMap<Request, Promise<User | undefined>>();

/** The token that the request carries; undefined where it has none, or one that no login of ours gave. */
export function sessionToken({ headers }: Request): string | undefined {
  const token = headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[name];
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : undefined;
}

/** Who is logged in, asked of the table once for each request. */
export function userOf(sessions: Sessions, request: Request): Promise<User | undefined> {
  const known = users.get(request);
  if (known !== undefined) return known;
  const token = sessionToken(request);
  const found = token === undefined ? Promise.resolve(undefined) : sessions.userOf(token);
  users.set(request, found);
  return found;
}

/** From here on the request's user is this one. */
export function becomes(request: Request, user: User): void {
  users.set(request, Promise.resolve(user));
}

/** Who is logged in, as far as anything has asked for it: the log of requests asks for nothing itself. */
export async function knownUserOf(request: Request): Promise<User | undefined> {
  return users.get(request)?.catch(() => undefined);
}

/** Logs a user in, in place of whoever was. */
export async function logIn(
  sessions: Sessions,
  request: Request,
  response: Response,
  user: User,
): Promise<void> {
  const before = sessionToken(request);
  if (before !== undefined) await sessions.close(before);
  const token = await sessions.open(user.id);
  users.set(request, Promise.resolve(user));
  response.cookie(name, token, { httpOnly: true, sameSite: 'lax', path: '/', maxAge: SESSION_MS });
}

export async function logOut(sessions: Sessions, request: Request, response: Response): Promise<void> {
  const token = sessionToken(request);
  if (token !== undefined) await sessions.close(token);
  response.clearCookie(name, { httpOnly: true, sameSite: 'lax', path: '/' });
}

/** A handler that is given who is logged in. */
export type UserHandler = (request: Request, response: Response, user: User) => Promise<void> | void;

/** Answers 401 where nobody is logged in and 403 where the role is another one. */
export function forUser(sessions: Sessions, allowed: readonly Role[], handler: UserHandler): RequestHandler {
  return async (request, response) => {
    const user = await userOf(sessions, request);
    if (user === undefined) throw notLoggedIn();
    if (!allowed.includes(user.role)) throw forbidden();
    // What one user sees is no other's: no cache keeps it.
    response.set('Cache-Control', 'private, no-cache');
    await handler(request, response, user);
  };
}
