import type { IncomingHttpHeaders } from 'node:http';

/** When a client wrote to a feature last, milliseconds since 1970, by a router's clock. */
export interface WriteMark {
  readonly feature: string;
  readonly at: number;
}

/** For clients that keep no cookies: they may send it back. */
export const writtenHeader = 'X-Banyan-Wrote';
const cookiePrefix = 'banyan_wrote_';
/** The reverse move is behind by milliseconds; after this it has long caught up, or a page need not wait for it. */
const keptSeconds = 60;

/** The fields that mark a write's answer, names and values in turn. */
export function writeMarkFields(feature: string, now: number): string[] {
  const cookie = `${cookiePrefix}${feature}=${now}; Path=/; Max-Age=${keptSeconds}; HttpOnly; SameSite=Lax`;
  return ['Set-Cookie', cookie, writtenHeader, `${feature}.${now}`];
}

/** The marks that a request brings; what is none is left out. The client's word: it can only make its own pages wait. Pure. */
export function writeMarks(headers: IncomingHttpHeaders): WriteMark[] {
  const marks: WriteMark[] = [];
  const note = (feature: string, text: string) => {
    if (/^\d{10,15}$/.test(text)) marks.push({ feature, at: Number(text) });
  };
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name = '', value = ''] = pair.trim().split('=');
    if (name.startsWith(cookiePrefix)) note(name.slice(cookiePrefix.length), value);
  }
  for (const said of String(headers[writtenHeader.toLowerCase()] ?? '').split(',')) {
    const at = said.lastIndexOf('.');
    if (at > 0) note(said.slice(0, at).trim(), said.slice(at + 1).trim());
  }
  return marks;
}
