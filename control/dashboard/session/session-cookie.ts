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
    // What else listens on this host may have set cookies of that name, too: a right one counts among any.
    for (const value of readCookies(request.get('cookie') ?? '', nameFor(request))) {
      const session = openSession(value, this.#tokens, Date.now());
      if (session !== null && !this.#ended.has(session.id)) return session;
    }
    return null;
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

function readCookies(header: string, name: string): string[] {
  return header.split(';').flatMap((part) => {
    const at = part.indexOf('=');
    return at > 0 && part.slice(0, at).trim() === name ? [part.slice(at + 1).trim()] : [];
  });
}
