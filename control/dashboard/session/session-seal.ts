import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role, Token } from '../../api/server/gatekeeper.ts';

/** Somebody who logged in at the dashboard, as one request proves it. */
export interface Session {
  readonly id: string;
  readonly token: Token;
  /** What the person said of themselves; goes into the audit log. */
  readonly who: string;
  /** By this process's clock, milliseconds. */
  readonly expiresAt: number;
  /** What a request that changes something carries besides the cookie. */
  readonly csrf: string;
}

interface Sealed {
  readonly id: string;
  /** null: the token of control.tokenFile. */
  readonly token: string | null;
  readonly role: Role;
  readonly who: string;
  readonly expiresAt: number;
}

export const sessionMs = 12 * 60 * 60 * 1_000;
const longestWho = 100;
const longestCookie = 2_000;

/**
 * The value of a session's cookie: who it is and until when, signed with a key made of the token's secret. So it is valid for
 * every control process that has this token, also after a restart, and for none once the token is another; and it allows what the
 * token allows at that moment, whatever it said when the session began.
 */
export function sealSession(token: Token, who: string, now: number): string {
  const sealed: Sealed = {
    id: randomBytes(18).toString('base64url'),
    token: token.name,
    role: token.role,
    who: who
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, longestWho)
      .toWellFormed(),
    expiresAt: now + sessionMs,
  };
  const body = Buffer.from(JSON.stringify(sealed)).toString('base64url');
  return `${body}.${sign(token, `session ${body}`)}`;
}

/** The session that the value stands for; null where it is none, or is over, or its token is gone or has another role by now. */
export function openSession(value: string, tokens: readonly Token[], now: number): Session | null {
  if (value.length > longestCookie) return null;
  const [body = '', signature = '', ...rest] = value.split('.');
  if (rest.length > 0) return null;
  const sealed = parse(body);
  const token = sealed === null ? undefined : tokens.find(({ name }) => name === sealed.token);
  if (sealed === null || token === undefined || token.role !== sealed.role) return null;
  if (!isEqual(signature, sign(token, `session ${body}`)) || !(sealed.expiresAt > now)) return null;
  const { id, who, expiresAt } = sealed;
  return { id, token, who, expiresAt, csrf: sign(token, `csrf ${id}`) };
}

export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function sign({ secret }: Token, text: string): string {
  const key = createHmac('sha256', secret).update('banyan dashboard').digest();
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** Not trusted yet: only its signature says that the rest is what it seems. */
function parse(body: string): Sealed | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Sealed) : null;
  } catch {
    return null;
  }
}
