import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdminApiOptions, adminApi } from '../../../../control/api/server/admin-api.ts';

const operate = 'secret-of-the-operators';
const read = 'secret-of-the-lookers';
const ended = new AbortController();
const acted: unknown[] = [];
let server: Server;
let url: string;
let port: number;

/** Who asked, and nothing behind it. */
const options = {
  tokens: [
    { name: null, role: 'operate', secret: operate },
    { name: 'looker', role: 'read', secret: read },
  ],
  role: () => 'active',
  requireWhy: () => false,
  signal: ended.signal,
  status: async () => ({ features: [] }),
  store: { feature: async (feature: string) => ({ feature }) },
  commands: () => ({
    freeze: async (feature: string, actor: object) => {
      acted.push({ feature, ...actor });
      return { feature };
    },
    abandon: async (feature: string, { dryRun }: { dryRun: boolean }) => ({ feature, dryRun }),
  }),
} as unknown as AdminApiOptions;

beforeAll(async () => {
  server = createServer(adminApi(options)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  url = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  ended.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const ask = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { redirect: 'manual', ...init });

async function logIn(token: string, who = 'anna', headers: Record<string, string> = {}) {
  const response = await ask('/dashboard/login', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ who, token }),
  });
  const [set = ''] = response.headers.getSetCookie();
  return { response, set, cookie: set.split(';')[0]! };
}

async function session(token: string, who?: string) {
  const { cookie } = await logIn(token, who);
  const facts = (await (await ask('/dashboard/session', { headers: { cookie } })).json()) as { csrf: string };
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await ask(`/dashboard/api${path}`, {
      method: 'POST',
      headers: { cookie, 'x-banyan-csrf': facts.csrf, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return response.status;
  };
  return { cookie, facts, post };
}

describe('the dashboard’s door', () => {
  test('is a login; what lies behind it is not shown without', async () => {
    expect((await ask('/')).headers.get('location')).toBe('/dashboard/');
    expect((await ask('/dashboard')).headers.get('location')).toBe('/dashboard/');
    expect((await ask('/dashboard/')).headers.get('location')).toBe('/dashboard/login');
    for (const path of [
      '/dashboard/session',
      '/dashboard/api/v1/status',
      '/dashboard/api/v1/events',
      '/dashboard/api/metrics',
    ]) {
      expect((await ask(path)).status, path).toBe(401);
    }
    const page = await ask('/dashboard/login');
    expect(await page.text()).toContain('<form method="post" action="/dashboard/login">');
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'/,
      ),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|nonce|sha256/);
  });

  test('opens to a token, with a cookie that no script and no other site has, and no other port’s paths', async () => {
    const { response, set, cookie } = await logIn(operate);
    expect([response.status, response.headers.get('location')]).toEqual([303, '/dashboard/']);
    expect(set).toMatch(
      new RegExp(`^banyan-${port}=[\\w.-]+; Path=/dashboard; Max-Age=43200; HttpOnly; SameSite=Strict$`),
    );
    expect(set).not.toContain(operate);
    const page = await ask('/dashboard/', { headers: { cookie: `a=b; banyan-${port}=rubbish; ${cookie}` } });
    expect(await page.text()).toMatch(/<script type="module" src="\/dashboard\/files\/[\w/.-]+"><\/script>/);
    const facts = (await (await ask('/dashboard/session', { headers: { cookie } })).json()) as {
      csrf: string;
    };
    expect(facts).toMatchObject({ role: 'operate', token: null, who: 'anna' });
    expect((await ask('/dashboard/api/v1/status', { headers: { cookie } })).status).toBe(200);
    // Where the API takes its token it takes no cookie, so that no page can misuse one there.
    expect((await ask('/v1/status', { headers: { cookie } })).status).toBe(401);
    expect((await ask('/v1/status', { headers: { authorization: `Bearer ${operate}` } })).status).toBe(200);
  });

  test('stays shut to wrong tokens and to other sites’ pages, in words that repeat nothing', async () => {
    const wrong = await logIn('<script>alert(1)</script>', '<b>anna</b>');
    expect([wrong.response.status, wrong.set]).toEqual([401, '']);
    expect(await wrong.response.text()).not.toMatch(/alert\(|<b>/);
    expect((await logIn(operate, ' ')).response.status).toBe(400);
    expect((await logIn('')).response.status).toBe(401);
    for (const headers of [
      { origin: 'http://127.0.0.1:1' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect((await logIn(operate, 'anna', headers)).response.status).toBe(403);
    }
    // Many wrong ones have to wait, a right one has not.
    const failures = await Promise.all(Array.from({ length: 25 }, () => logIn('wrong')));
    const slowed = failures.find(({ response }) => response.status === 429);
    expect(Number(slowed?.response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await logIn(operate)).response.status).toBe(303);
  });

  test('gives what the token’s role gives, under the name of the login', async () => {
    const looker = await session(read, '김 bo');
    expect(looker.facts).toMatchObject({ role: 'read', token: 'looker' });
    expect(await looker.post('/v1/features/parcels/freeze', { why: 'x' })).toBe(403);
    expect(await looker.post('/v1/features/parcels/abandon', { dryRun: true })).toBe(200);
    const operator = await session(operate, '김 bo');
    // A page may say that it is somebody else: the session knows better.
    expect(
      await operator.post('/v1/features/parcels/freeze', { why: 'sale' }, { 'x-banyan-who': 'root' }),
    ).toBe(200);
    expect(acted).toEqual([{ feature: 'parcels', who: '김 bo', why: 'sale' }]);
  });

  test('lets nobody change anything on another’s behalf', async () => {
    const { facts, post } = await session(operate);
    const stranger = await session(operate);
    const path = '/v1/features/parcels/freeze';
    const before = acted.length;
    expect(await post(path, { why: 'x' }, { 'x-banyan-csrf': '' })).toBe(403);
    expect(await post(path, { why: 'x' }, { 'x-banyan-csrf': stranger.facts.csrf })).toBe(403);
    expect(await post(path, { why: 'x' }, { 'x-banyan-csrf': `${facts.csrf}x` })).toBe(403);
    for (const site of ['cross-site', 'same-site', 'none']) {
      expect(await post(path, { why: 'x' }, { 'sec-fetch-site': site })).toBe(403);
    }
    expect(await post(path, { why: 'x' }, { origin: 'http://evil.example' })).toBe(403);
    expect(acted.length).toBe(before);
    expect(await post(path, { why: 'x' }, { origin: url, 'sec-fetch-site': 'same-origin' })).toBe(200);
  });

  test('is shut again after a logout, which only the session’s own page can ask for', async () => {
    const { cookie, facts } = await session(operate);
    const logOut = (headers: Record<string, string>) =>
      ask('/dashboard/logout', { method: 'POST', headers: { cookie, ...headers } });
    expect((await logOut({})).status).toBe(403);
    const gone = await logOut({ 'x-banyan-csrf': facts.csrf });
    expect(gone.headers.getSetCookie()[0]).toContain('Max-Age=0');
    // Whoever has kept the cookie has nothing.
    expect((await ask('/dashboard/session', { headers: { cookie } })).status).toBe(401);
  });

  test('serves its files by exact name', async () => {
    const style = await ask('/dashboard/files/control/dashboard/client/style/ground.css');
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    const etag = style.headers.get('etag')!;
    const again = await ask('/dashboard/files/control/dashboard/client/style/ground.css', {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
    for (const path of [
      'control/dashboard/index.ts',
      'control/dashboard/client/..%2Findex.ts',
      '%2e%2e/package.json',
      '%E0%A4%A',
      'package.json',
      '',
    ]) {
      expect((await ask(`/dashboard/files/${path}`)).status, path).toBe(404);
    }
  });
});
