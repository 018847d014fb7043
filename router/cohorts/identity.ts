import { BanyanError } from '../../common/errors.ts';

/** Where a client's identity is looked for, in this order; the client's address serves when none has it. */
export type IdentitySource =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'address' };

export interface IdentityFacts {
  readonly rawHeaders: readonly string[];
  readonly cookie: string | null;
  readonly params: Readonly<Record<string, string>>;
  /** The client's address: the first of a trusted chain, else the peer's. */
  readonly address: string;
}

/** Reads `header:x-user-id`, `cookie:session`, `param:shopId`, `address`. */
export function parseIdentitySources(sources: readonly string[]): IdentitySource[] {
  return sources.map(parseIdentitySource);
}

export function parseIdentitySource(source: string): IdentitySource {
  const match = /^(header|cookie|param):([\w!#$%&'*+.^`|~-]+)$/.exec(source);
  if (match !== null) {
    const kind = match[1] as 'header' | 'cookie' | 'param';
    return { kind, name: kind === 'header' ? match[2]!.toLowerCase() : match[2]! };
  }
  if (source === 'address') return { kind: 'address' };
  throw new BanyanError('BANYAN_ROUTER_OPTIONS', `"${source}" is no source of an identity.`, {
    fix: 'Use header:NAME, cookie:NAME, param:NAME or address.',
  });
}

/** The identity, prefixed by where it was found so that user 7 and session 7 are two clients. */
export function identityOf(sources: readonly IdentitySource[], facts: IdentityFacts): string {
  for (const source of sources) {
    const value = readSource(source, facts);
    if (value !== null && value !== '') return `${source.kind}:${value}`;
  }
  return `address:${facts.address}`;
}

export function readSource(source: IdentitySource, facts: IdentityFacts): string | null {
  switch (source.kind) {
    case 'header':
      return headerValue(facts.rawHeaders, source.name);
    case 'cookie':
      return facts.cookie === null ? null : cookieValue(facts.cookie, source.name);
    case 'param':
      return facts.params[source.name] ?? null;
    case 'address':
      return facts.address;
  }
}

/** The first value of a field; `name` in lower case. */
export function headerValue(rawHeaders: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const field = rawHeaders[i]!;
    if (field.length === name.length && field.toLowerCase() === name) return rawHeaders[i + 1]!;
  }
  return null;
}

function cookieValue(cookie: string, name: string): string | null {
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
