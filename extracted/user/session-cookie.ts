import { SESSION_MS } from './session-store.ts';

/*
 * What follows `session=` in Set-Cookie, attribute by attribute as Express writes it: clients that keep the monolith's cookie
 * keep this one.
 */

/** @param now of the machine, which browsers compare with theirs. */
export function cookieOf(token: string, now = new Date()): string {
  const expires = new Date(now.getTime() + SESSION_MS).toUTCString();
  return `${token}; Max-Age=${SESSION_MS / 1000}; Path=/; Expires=${expires}; HttpOnly; SameSite=Lax`;
}

/** Takes the cookie away. */
export const noCookie = `; Path=/; Expires=${new Date(0).toUTCString()}; HttpOnly; SameSite=Lax`;

/** The token that a cookie holds; undefined for what no login gave. */
export function tokenIn(cookie: string | undefined): string | undefined {
  return cookie !== undefined && /^[\w-]{43}$/.test(cookie) ? cookie : undefined;
}
