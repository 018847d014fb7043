import type { Request, Response } from 'express';
import type { Token } from '../../api/server/gatekeeper.ts';
import { openSession, type Session, sealSession, sessionMs } from './session-seal.ts';

/** The dashboard's folder: what else listens on this host, on another port, gets no cookie with its own paths. */
export const dashboardPath = '/dashboard';

/** So many sessions that were ended are remembered, until they would have ended by themselves. */
const mostEnded = 10_000;

/** Sessions as cookies: of one name for each port, since a browser does not tell the ports of a host apart. */
export class SessionCookies {
  readonly #tokens: readonly Token[];
  readonly #ended = new Map<string, number>();

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  begin(request: Request, response: Response, token: Token, who: string): void {
    const value = sealSession(token, who, Date.now());
    response.setHeader('set-cookie', this.#cookie(request, value, sessionMs / 1_000));
  }

  /** Whose session the request carries; null: nobody's. */
  find(request: Request): Session | null {
    const value = readCookie(request.get('cookie') ?? '', nameFor(request));
    const session = value === null ? null : openSession(value, this.#tokens, Date.now());
    return session === null || this.#ended.has(session.id) ? null : session;
  }

  end(request: Request, response: Response, { id, expiresAt }: Session): void {
    for (const [other, until] of this.#ended) if (until < Date.now()) this.#ended.delete(other);
    if (this.#ended.size < mostEnded) this.#ended.set(id, expiresAt);
    response.setHeader('set-cookie', this.#cookie(request, '', 0));
  }

  #cookie(request: Request, value: string, maxAgeSeconds: number): string {
    const secure = request.secure ? '; Secure' : '';
    return `${nameFor(request)}=${value}; Path=${dashboardPath}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
  }
}

function nameFor(request: Request): string {
  return `banyan-${request.socket.localPort}`;
}

function readCookie(header: string, name: string): string | null {
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}
