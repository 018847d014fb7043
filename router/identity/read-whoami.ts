import { headerValue } from '../cohorts/identity.ts';
import type { BufferedAnswer } from '../sides/sinks/buffer-sink.ts';

/** Who a request's user is. */
export type Whoami =
  | {
      readonly kind: 'user';
      readonly subject: string;
      readonly claims: Readonly<Record<string, unknown>>;
    }
  /** `answer`: the monolith's refusal; null: it answered, and named nobody. */
  | { readonly kind: 'anonymous'; readonly answer: BufferedAnswer | null };

/** Of an answer; a longer one is none that says who somebody is. */
export const longestAnswer = 64 * 1024;
/** In a token: it stands in a header. */
const longestClaims = 3 * 1024;

/** What the monolith's answer says. Throws for one that says nothing that can be relied on. Pure. */
export function readWhoami(
  answer: BufferedAnswer,
  from: { readonly subject: string; readonly claims: Readonly<Record<string, string>> },
): Whoami {
  const { status } = answer;
  if (status === 401 || status === 403) return { kind: 'anonymous', answer };
  if (status < 200 || status > 299) throw new Error(`it answered with ${status}`);
  const read = reader(answer);
  const subject = read(from.subject);
  if (subject === null || subject === undefined || subject === '') return { kind: 'anonymous', answer: null };
  if (typeof subject !== 'string' && typeof subject !== 'number') {
    throw new Error(`${from.subject} of its answer is neither text nor a number`);
  }
  const claims = Object.fromEntries(
    Object.entries(from.claims).flatMap(([name, source]) => {
      const value = read(source);
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
  const size = Buffer.byteLength(JSON.stringify([subject, claims]));
  if (size > longestClaims)
    throw new Error(`what it says of a user takes ${size} octets, ${longestClaims} fit`);
  return { kind: 'user', subject: String(subject), claims };
}

function reader({ fields, body, bodyBytes }: BufferedAnswer): (source: string) => unknown {
  let parsed: { readonly value: unknown } | null = null;
  return (source) => {
    const at = source.indexOf(':');
    const name = source.slice(at + 1);
    if (source.startsWith('header:')) return headerValue(fields, name.toLowerCase());
    if (bodyBytes > body.length) throw new Error(`its answer is longer than ${longestAnswer} octets`);
    parsed ??= { value: parse(body) };
    return name.split('.').reduce(member, parsed.value);
  };
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function parse(body: Buffer): unknown {
  // Express answers `res.json(undefined)` so: nobody is signed in.
  if (body.length === 0) return null;
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new Error('its answer is no JSON');
  }
}
