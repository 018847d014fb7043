import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoFunction } from '../../../router/sides/lambda/dry-run.ts';
import type { LambdaEvent } from '../../../router/sides/lambda/event.ts';
import {
  type LambdaEndpoint,
  type LambdaHandler,
  startLambdaEndpoint,
} from '../../../scripts/local-aws/lambda-endpoint.ts';
import {
  feature,
  nowhere,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

const call = (method: string) => ({ call: { kind: 'lambda' as const, method } });
const routes = [
  route('GET /offers/:id', { ...call('GET /offers/{id}'), readPercent: 100 }),
  route('POST /offers', call('POST /offers')),
];
const extracted = { owner: 'service' as const, stage: 'extracted' };

/** What the function does next; by default it returns its event. */
let handler: (event: LambdaEvent) => Promise<unknown>;
let invoked = 0;
let endpoint: LambdaEndpoint;
const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

beforeAll(async () => {
  Object.assign(process.env, credentials);
  const run = async (event: LambdaEvent) => {
    invoked += 1;
    return handler(event);
  };
  endpoint = await startLambdaEndpoint({
    functions: {
      offers: { handler: run as LambdaHandler, timeoutMs: 1_000 },
      single: { handler: run as LambdaHandler, concurrency: 0 },
    },
  });
});

afterAll(async () => {
  for (const name of Object.keys(credentials)) delete process.env[name];
  await endpoint?.close();
});

function offers(change: object = {}) {
  const settings = { function: 'offers', region: 'eu-west-1', endpoint: endpoint.url, ...change };
  return { thing: { kind: 'lambda' as const, ...settings } };
}

const message = async (response: Response) =>
  [response.status, ((await response.json()) as { error: { code: string } }).error.code] as const;

describe('a service that is a Lambda function', () => {
  it('gets requests as events of API Gateway, and answers with fields, cookies and octets', async () => {
    const events: LambdaEvent[] = [];
    handler = async (event) => {
      events.push(event);
      return {
        statusCode: 201,
        headers: { 'X-Made': 'yes', 'Content-Type': 'image/png', 'Transfer-Encoding': 'chunked' },
        cookies: ['a=1; Path=/', 'b=2'],
        body: Buffer.from([0, 255, 13, 10]).toString('base64'),
        isBase64Encoded: true,
      };
    };
    await using stage = await startStage(nowhere, {
      services: offers(),
      trustedPeers: ['127.0.0.1'],
      table: table({ routes, features: [feature(extracted)] }),
    });
    const headers = {
      'Content-Type': 'application/json',
      Cookie: 'sid=x; t=y',
      'X-Forwarded-For': '9.9.9.9',
    };
    const answer = await fetch(`${stage.url}/offers?a=1&a=2&b=%C3%BC`, {
      method: 'POST',
      headers,
      body: '{"name":"ü"}',
    });
    expect(answer.status).toBe(201);
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255, 13, 10]);
    expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(answer.headers.get('content-length')).toBe('4');
    expect(events[0]).toMatchObject({
      version: '2.0',
      routeKey: 'POST /offers',
      rawPath: '/offers',
      rawQueryString: 'a=1&a=2&b=%C3%BC',
      cookies: ['sid=x', 't=y'],
      queryStringParameters: { a: '1,2', b: 'ü' },
      requestContext: { http: { method: 'POST', sourceIp: '9.9.9.9' }, stage: '$default' },
      body: '{"name":"ü"}',
      isBase64Encoded: false,
    });
    expect(events[0]?.headers.cookie).toBeUndefined();

    handler = async (event) => ({ saw: event.pathParameters, body: event.body ?? null });
    const plain = await fetch(`${stage.url}/offers/a%20b`);
    expect([plain.status, await plain.json()]).toEqual([200, { saw: { id: 'a b' }, body: null }]);
    handler = async ({ body, isBase64Encoded }) => ({ body, isBase64Encoded, statusCode: 200 });
    const octets = await fetch(`${stage.url}/offers`, { method: 'POST', body: new Uint8Array([255, 0]) });
    expect([...new Uint8Array(await octets.arrayBuffer())]).toEqual([255, 0]);
  });

  it('fails by name where it did not answer; a canaried read falls back, a write is not run twice', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, {
      services: offers({ deadlineMs: 10_000 }),
      table: table({ routes }),
    });
    handler = () => Promise.reject(new TypeError('secret of a request'));
    expect(await (await fetch(`${stage.url}/offers/1`)).text()).toBe('legacy');
    expect(stage.router.report().snapshot.fallbacks).toBe(1);
    const version = stage.link.put({ features: [feature(extracted)] });
    await expect.poll(() => stage.router.version).toBe(version);

    const failed = await fetch(`${stage.url}/offers/1`);
    expect(failed.status).toBe(502);
    const text = await failed.text();
    expect(text).toContain('BANYAN_FUNCTION_FAILED');
    expect(text).toContain('TypeError');
    expect(text).not.toContain('secret');

    const bad = [
      { statusCode: 'none' },
      { statusCode: 200, headers: { 'X-A': 'b\r\nX-C: d' } },
      { statusCode: 200, body: { not: 'text' } },
    ];
    for (const returned of bad) {
      handler = async () => returned;
      expect(await message(await fetch(`${stage.url}/offers/1`))).toEqual([502, 'BANYAN_FUNCTION_FAILED']);
    }
    // Its own timeout is the function's failure, the router's deadline is the router's.
    handler = () => new Promise(() => undefined);
    invoked = 0;
    const post = () => fetch(`${stage.url}/offers`, { method: 'POST', body: 'x' });
    expect(await message(await post())).toEqual([502, 'BANYAN_FUNCTION_FAILED']);
    stage.router.replaceServices({ services: offers({ deadlineMs: 500 }) });
    expect(await message(await post())).toEqual([504, 'BANYAN_UPSTREAM_TIMEOUT']);
    expect(invoked).toBe(2);
    const large = await fetch(`${stage.url}/offers`, { method: 'POST', body: 'x'.repeat(4_700_000) });
    expect(await message(large)).toEqual([413, 'BANYAN_BODY_TOO_LARGE']);
    expect(invoked).toBe(2);

    const others = [
      [{ function: 'nobody' }, 502, 'BANYAN_FUNCTION_REFUSED'],
      [{ function: 'single' }, 503, 'BANYAN_FUNCTION_BUSY'],
      [{ endpoint: nowhere }, 502, 'BANYAN_UPSTREAM_UNREACHABLE'],
    ] as const;
    for (const [change, status, code] of others) {
      stage.router.replaceServices({ services: offers(change) });
      const answer = await post();
      expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
      expect(await message(answer)).toEqual([status, code]);
    }
    expect(invoked).toBe(2);
  });

  it('is asked whether it could run, without running', async () => {
    invoked = 0;
    const { thing } = offers();
    expect(await whyNoFunction(thing, 5_000)).toBeNull();
    expect(await whyNoFunction({ ...thing, function: 'nobody' }, 5_000)).toContain(
      'Function not found: nobody',
    );
    expect(await whyNoFunction({ ...thing, endpoint: nowhere }, 5_000)).toContain('could not be reached');
    expect(invoked).toBe(0);
  });
});
