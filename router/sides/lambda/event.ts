import { splitExpressions } from '../../../common/path-expressions.ts';
import type { HttpInput, RequestContext, VerifiedIdentity } from '../called/router-service.ts';

/** Payload format 2.0 of API Gateway's HTTP APIs (Developer Guide, "AWS Lambda proxy integrations"), which handlers are written for. */
export interface LambdaEvent {
  readonly version: '2.0';
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  /** Lower case; several of one name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly requestContext: {
    readonly accountId: string;
    readonly apiId: string;
    readonly domainName: string;
    readonly domainPrefix: string;
    readonly http: {
      readonly method: string;
      readonly path: string;
      readonly protocol: string;
      readonly sourceIp: string;
      readonly userAgent: string;
    };
    readonly requestId: string;
    readonly routeKey: string;
    readonly stage: '$default';
    /** As a JWT authorizer leaves it: who the user is, where the router was told to find out. */
    readonly authorizer?: {
      readonly jwt: { readonly claims: Readonly<Record<string, string>>; readonly scopes: null };
    };
    /** As web servers log it: `12/Mar/2020:19:03:58 +0000`. */
    readonly time: string;
    /** Milliseconds since 1970. */
    readonly timeEpoch: number;
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** What API Gateway hands on as text; all else is base64. */
const textual = /^(?:text\/|application\/(?:json|javascript|xml|[\w.!#$&^-]+\+(?:json|xml))\s*(?:;|$))/i;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A request as an event. `body`: the whole of it. Pure. */
export function lambdaEvent(
  routeKey: string,
  input: Pick<HttpInput, 'method' | 'path' | 'params' | 'query' | 'rawHeaders'>,
  body: Buffer | null,
  { requestId, clientAddress, verified }: Pick<RequestContext, 'requestId' | 'clientAddress' | 'verified'>,
  now: Date,
): LambdaEvent {
  const { headers, cookies } = fieldsOf(input.rawHeaders);
  const query = queryOf(input.query);
  const host = headers.host ?? '';
  const text = body === null ? null : textOf(body, headers);
  return {
    version: '2.0',
    routeKey,
    rawPath: input.path,
    rawQueryString: input.query,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(query !== null && { queryStringParameters: query }),
    ...(Object.keys(input.params).length > 0 && { pathParameters: input.params }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'banyan',
      domainName: host,
      domainPrefix: host.split('.', 1)[0]!,
      http: {
        method: input.method,
        path: input.path,
        protocol: 'HTTP/1.1',
        sourceIp: clientAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      ...(verified !== undefined && { authorizer: authorizerOf(verified) }),
      stage: '$default',
      time: logTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body !== null && { body: text ?? body.toString('base64') }),
    isBase64Encoded: body !== null && text === null,
  };
}

/** API Gateway leaves claims as text. */
function authorizerOf({
  subject,
  claims,
}: VerifiedIdentity): NonNullable<LambdaEvent['requestContext']['authorizer']> {
  const texts = Object.entries(claims).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { jwt: { claims: { ...Object.fromEntries(texts), sub: subject }, scopes: null } };
}

/** Express's pattern as API Gateway names a route: `GET /things/{id}`, `GET /files/{path+}`. Pure. */
export function routeKey(method: string, pattern: string): string {
  const path = splitExpressions(pattern)
    .plain.replace(/(?<=\/):(\w+)/g, (_, name: string) => `{${name}}`)
    .replace(/(?<=\/)\*(\w+)/g, (_, name: string) => `{${name}+}`);
  return `${method} ${path}`;
}

function fieldsOf(raw: readonly string[]): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  const cookies: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    if (name === 'cookie') cookies.push(...value.split(/; */).filter((cookie) => cookie !== ''));
    else headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  return { headers, cookies };
}

/** Decoded; several values of one name are joined by commas. null: there are none. */
function queryOf(query: string): Record<string, string> | null {
  if (query === '') return null;
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] = name in values ? `${values[name]},${value}` : value;
  }
  return values;
}

/** null: it is not text, or not whole as text. */
function textOf(body: Buffer, headers: Readonly<Record<string, string>>): string | null {
  if (headers['content-encoding'] !== undefined) return null;
  if (!textual.test(headers['content-type'] ?? '')) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

function logTime(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}
