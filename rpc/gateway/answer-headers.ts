import type { AnswerPolicy, CorsPolicy } from '../http/answer-policy.ts';
import type { HttpInput, HttpOutput } from './http-types.ts';
import { headerValue } from './request-parts.ts';

/** An answer's headers with what its route's policy adds to every answer. What the service set itself stays, and `Vary` grows. */
export function withPolicyHeaders(policy: AnswerPolicy, input: HttpInput, own: readonly string[]): string[] {
  const rawHeaders = [...own];
  add(rawHeaders, policy.always);
  if (policy.cors !== null) add(rawHeaders, corsHeaders(policy.cors, input));
  return rawHeaders;
}

/** What a preflight is answered. */
export function preflight(cors: CorsPolicy, input: HttpInput): HttpOutput {
  const rawHeaders = corsHeaders(cors, input);
  const asked = headerValue(input.rawHeaders, 'access-control-request-headers');
  const pair = (name: string, value: string | null | undefined): void => {
    if (value !== null && value !== undefined && value !== '') rawHeaders.push(name, value);
  };
  pair('Access-Control-Allow-Methods', cors.methods);
  if (cors.headers === null) addVary(rawHeaders, 'Access-Control-Request-Headers');
  pair('Access-Control-Allow-Headers', cors.headers ?? asked);
  pair('Access-Control-Max-Age', cors.maxAge);
  rawHeaders.push('Content-Length', '0');
  return { status: 204, rawHeaders, body: null };
}

function corsHeaders(cors: CorsPolicy, input: HttpInput): string[] {
  const headers: string[] = [];
  if (cors.origins === 'any') {
    headers.push('Access-Control-Allow-Origin', '*');
  } else {
    const asked = headerValue(input.rawHeaders, 'origin');
    const [only] = cors.origins;
    // One origin is told to whoever asks; of several the one that asks.
    const isAllowed = cors.origins === 'reflect' || (asked !== undefined && cors.origins.includes(asked));
    const told =
      cors.origins !== 'reflect' && cors.origins.length === 1 ? only : isAllowed ? asked : undefined;
    if (told !== undefined) headers.push('Access-Control-Allow-Origin', told);
    headers.push('Vary', 'Origin');
  }
  if (cors.credentials) headers.push('Access-Control-Allow-Credentials', 'true');
  if (cors.expose !== null && cors.expose !== '') headers.push('Access-Control-Expose-Headers', cors.expose);
  return headers;
}

function add(rawHeaders: string[], more: readonly string[]): void {
  for (let i = 0; i < more.length; i += 2) {
    const name = more[i]!;
    if (name.toLowerCase() === 'vary') addVary(rawHeaders, more[i + 1]!);
    else if (indexOfHeader(rawHeaders, name) === -1) rawHeaders.push(name, more[i + 1]!);
  }
}

/** Adds names to `Vary` that it has not, as the vary package of Express does. */
export function addVary(rawHeaders: string[], names: string): void {
  const at = indexOfHeader(rawHeaders, 'vary');
  if (at === -1) {
    rawHeaders.push('Vary', names);
    return;
  }
  const known = rawHeaders[at + 1]!;
  if (known.trim() === '*') return;
  const lower = known.toLowerCase().split(/\s*,\s*/);
  const more = names.split(/\s*,\s*/).filter((name) => !lower.includes(name.toLowerCase()));
  if (more.length > 0) rawHeaders[at + 1] = [known, ...more].join(', ');
}

export function indexOfHeader(rawHeaders: readonly string[], name: string): number {
  const lower = name.toLowerCase();
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.toLowerCase() === lower) return i;
  return -1;
}
