import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentifiedRequest, identify } from '../../../common/identity/index.ts';
import type { LambdaEvent } from '../../../router/sides/lambda/event.ts';
import { createClient, createGateway, type HandlerContext, loadIdl, serve } from '../../../rpc/index.ts';
import { type LambdaHandler, startLambdaEndpoint } from '../../../scripts/local-aws/lambda-endpoint.ts';
import { ed25519Pair } from '../../support/router/identity-keys.ts';
import {
  feature,
  route,
  startStage,
  startUpstream,
  table,
  type Upstream,
} from '../../support/router/router-stage.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';

const extracted = feature({ owner: 'service', stage: 'extracted' });
const keys = ed25519Pair('now');
const others = ed25519Pair('later');
const settings = {
  ask: '/internal/whoami?for=banyan',
  credentials: { cookie: 'session', header: 'authorization' },
  claims: { role: 'json:role', shop: 'header:x-shop' },
  ...{ key: keys.signs, audience: 'thing', deadlineMs: 10_000, cacheMs: 3_600_000, refusedMs: 3_600_000 },
} as const;

type Refused = { readonly error: { readonly code: string } };

/** A monolith with sessions, and what it was asked for them. */
let monolith: Upstream;
const sessions = new Map([
  ['s-7', { id: 7, role: 'admin' }],
  ['s-8', { id: 8, role: 'buyer' }],
]);
/** What it does instead. */
let broken: ((answer: import('node:http').ServerResponse) => void) | null = null;
const whoami = () => monolith.requests.filter(({ url }) => url?.startsWith('/internal/whoami'));

beforeAll(async () => {
  monolith = await startUpstream((request, response) => {
    if (!request.url?.startsWith('/internal/whoami')) return void response.end('legacy');
    if (broken !== null) return broken(response);
    const { cookie = '', authorization = '' } = request.headers;
    const user =
      sessions.get(cookie.replace('session=', '')) ?? sessions.get(authorization.replace('Bearer ', ''));
    response.setHeader('Set-Cookie', 'session=another; Path=/');
    if (user === undefined)
      return void response.writeHead(401, { 'WWW-Authenticate': 'Shop' }).end('sign in');
    response.setHeader('X-Shop', '3');
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(user));
  });
});
afterAll(() => monolith[Symbol.asyncDispose]());

/** A service in Express that says who it believes the user to be. */
async function startShop() {
  const app = express();
  app.use(identify({ keys: [keys.checks, others.checks], audience: 'thing' }));
  app.use((request: IdentifiedRequest & express.Request, response: express.Response) => {
    const { subject, claims, requestId } = request.user ?? {};
    response.json({ subject, claims, requestId, cookie: request.headers.cookie ?? null });
  });
  return startUpstream(app);
}

describe('a service that is told who the user is', () => {
  it('over HTTP: by a token, from the monolith’s word, asked once with the named credential alone', async () => {
    monolith.requests.length = 0;
    await using shop = await startShop();
    const services = { thing: { kind: 'http' as const, addresses: [shop.url] } };
    await using stage = await startStage(monolith.url, {
      ...{ services, identities: { thing: settings } },
      table: table({
        features: [extracted],
        routes: [
          route('POST /things', { call: { kind: 'http' } }),
          route('OPTIONS /things', { call: { kind: 'http' }, readPercent: 100 }),
        ],
      }),
    });
    const post = (headers: Record<string, string>, to = stage.url) =>
      fetch(`${to}/things`, { method: 'POST', headers, body: 'x' });
    const forged = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.';
    const sent = {
      cookie: 'a=1; session=s-7',
      'x-banyan-identity': forged,
      'x-secret': 's',
      'x-request-id': 'r-1',
    };
    const first = await post(sent);
    expect([first.status, await first.json()]).toEqual([
      200,
      {
        ...{ subject: '7', claims: { role: 'admin', shop: '3' }, requestId: 'r-1' },
        cookie: 'a=1; session=s-7',
      },
    ]);
    const [asked] = whoami();
    expect(asked?.headers).toMatchObject({ cookie: 'session=s-7', host: new URL(stage.url).host });
    expect(asked?.headers).not.toHaveProperty('x-secret');
    expect(asked?.headers['x-forwarded-for']).toBe('127.0.0.1');

    // A hundred of one user at a time are one question, and the next user is another.
    monolith.requests.length = 0;
    const herd = await Promise.all(
      Array.from({ length: 100 }, () =>
        post({ authorization: 'Bearer s-8' }).then((answer) => answer.json() as Promise<{ subject: string }>),
      ),
    );
    expect(new Set(herd.map(({ subject }) => subject))).toEqual(new Set(['8']));
    expect(whoami()).toHaveLength(1);

    // Nobody: the monolith's own words, but for what it said to one client alone.
    const refused = await post({ cookie: 'session=gone', 'x-banyan-identity': forged });
    expect([refused.status, await refused.text(), refused.headers.get('www-authenticate')]).toEqual([
      ...[401, 'sign in', 'Shop'],
    ]);
    expect(refused.headers.get('set-cookie')).toBeNull();
    const calls = shop.requests.length;
    expect((await fetch(`${stage.url}/things`, { method: 'OPTIONS' })).status).toBe(200);
    expect(shop.requests.length).toBe(calls + 1);
    expect((await post({})).status).toBe(401);
    expect(shop.requests.length).toBe(calls + 1);

    // Past the router: no token is no user, a forged one is refused.
    expect(await (await post({ cookie: 'session=s-7' }, shop.url)).json()).not.toHaveProperty('subject');
    const past = await post({ 'x-banyan-identity': forged }, shop.url);
    expect([past.status, ((await past.json()) as Refused).error.code]).toEqual([
      401,
      'BANYAN_IDENTITY_INVALID',
    ]);

    // Another key signs from now on.
    stage.router.replaceServices({ services, identities: { thing: { ...settings, key: others.signs } } });
    expect(await (await post({ cookie: 'session=s-8' })).json()).toMatchObject({ subject: '8' });
    expect(stage.router.report().identity.thing).toMatchObject({ identified: 1, asked: 1 });
    // And a service that is not told gets nothing, from no client either.
    stage.router.replaceServices({ services });
    expect(
      await (await post({ cookie: 'session=s-8', 'x-banyan-identity': forged })).json(),
    ).not.toHaveProperty('subject');
  });

  it('a session that ended is noticed within the cache’s time; where nothing certain is known, nothing is guessed', async () => {
    await using shop = await startShop();
    await using stage = await startStage(monolith.url, {
      services: { thing: { kind: 'http', addresses: [shop.url] } },
      identities: { thing: { ...settings, cacheMs: 200, refusedMs: 1, anonymous: 'pass' } },
      table: table({
        features: [extracted],
        routes: [route('GET /things/:id', { call: { kind: 'http' }, readPercent: 100 })],
      }),
    });
    const get = async (session?: string) => {
      const answer = await fetch(
        `${stage.url}/things/1`,
        session ? { headers: { cookie: `session=${session}` } } : {},
      );
      const body = (await answer.json()) as Refused & { subject?: string };
      return answer.status === 200 ? (body.subject ?? 'nobody') : `${answer.status} ${body.error.code}`;
    };
    sessions.set('s-9', { id: 9, role: 'buyer' });
    expect([await get('s-9'), await get(), await get('wrong')]).toEqual(['9', 'nobody', 'nobody']);
    sessions.delete('s-9');
    await expect.poll(() => get('s-9')).toBe('nobody');

    const unknown = '503 BANYAN_IDENTITY_UNKNOWN';
    for (const [name, fault] of [
      ['500', (answer) => answer.writeHead(500).end('oops')],
      ['302', (answer) => answer.writeHead(302, { location: '/login' }).end()],
      ['html', (answer) => answer.end('<html>')],
      ['reset', (answer) => answer.socket?.resetAndDestroy()],
    ] as [string, NonNullable<typeof broken>][]) {
      broken = fault;
      expect([name, await get(`s-${name}`)]).toEqual([name, unknown]);
    }
    // It says nothing at all: the deadline.
    const silent = startStage(monolith.url, {
      services: { thing: { kind: 'http', addresses: [shop.url] } },
      identities: { thing: { ...settings, deadlineMs: 50 } },
      table: stage.link.table,
    });
    await using late = await silent;
    broken = () => undefined;
    const waited = await fetch(`${late.url}/things/1`, { headers: { cookie: 'session=s-7' } });
    expect([waited.status, waited.headers.get('retry-after')]).toEqual([503, '1']);
    broken = null;
    expect(await get('s-7')).toBe('7');
    // A canaried read that nobody can vouch for is legacy's.
    broken = (answer) => answer.writeHead(500).end();
    const version = stage.link.put({ features: [feature()] });
    await expect.poll(() => stage.router.version).toBe(version);
    expect(await (await fetch(`${stage.url}/things/1`, { headers: { cookie: 'session=s-8' } })).text()).toBe(
      'legacy',
    );
    broken = null;
  });

  it.each(['header', 'framed'] as const)(
    'over Thrift, %s: its handlers know the user, and forged calls reach none',
    async (transport) => {
      await using files = await idlFiles({
        'asking.thrift': `
struct Ask { 1: optional string token (api.context = "identity_token") }
service Asking { string who(1: Ask request) (api.get = "/who") }`,
      });
      const idl = await loadIdl(files.path('asking.thrift'));
      const server = await serve({
        ...{ idl, service: 'Asking', host: '127.0.0.1', port: 0 },
        identity: { keys: [keys.checks], audience: 'thing' },
        handlers: { who: (_: unknown, { user }: HandlerContext) => `${user?.subject} ${user?.claims.role}` },
      });
      await using _ = { [Symbol.asyncDispose]: () => server.stop() };
      const client = createClient({ idl, service: 'Asking', addresses: [server.address], transport });
      await using stage = await startStage(monolith.url, {
        services: { thing: createGateway({ idl, service: 'Asking', client }) },
        identities: { thing: { ...settings, anonymous: 'pass' } },
        table: table({
          features: [extracted],
          routes: [route('GET /who', { call: { kind: 'thrift', method: 'who' }, readPercent: 100 })],
        }),
      });
      const who = async (headers: Record<string, string>) =>
        (await fetch(`${stage.url}/who`, { headers })).json();
      expect(await who({ authorization: 'Bearer s-7' })).toBe('7 admin');
      expect(await who({ 'x-banyan-identity': 'forged', 'identity-token': 'forged' })).toBe(
        'undefined undefined',
      );
      const token = 'forged';
      await expect(client.call('who', [{ token }], { context: { verified: { token } } })).rejects.toThrow(
        'BANYAN_IDENTITY_INVALID',
      );
    },
  );

  it('a Lambda function: in its event, as a JWT authorizer leaves it', async () => {
    const events: LambdaEvent[] = [];
    const handler = (async (event: LambdaEvent) => {
      events.push(event);
      return { ok: true };
    }) as LambdaHandler;
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
    const endpoint = await startLambdaEndpoint({ functions: { things: { handler, timeoutMs: 10_000 } } });
    await using _ = { [Symbol.asyncDispose]: () => endpoint.close() };
    await using stage = await startStage(monolith.url, {
      services: {
        thing: { kind: 'lambda', function: 'things', region: 'eu-west-1', endpoint: endpoint.url },
      },
      identities: { thing: settings },
      table: table({
        features: [extracted],
        routes: [route('GET /who', { call: { kind: 'lambda', method: 'GET /who' }, readPercent: 100 })],
      }),
    });
    expect((await fetch(`${stage.url}/who`, { headers: { cookie: 'session=s-7' } })).status).toBe(200);
    expect(events[0]?.requestContext.authorizer).toEqual({
      jwt: { claims: { sub: '7', role: 'admin', shop: '3' }, scopes: null },
    });
    expect(events[0]?.headers['x-banyan-identity']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
  });
});
