import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { judgeAppended, judgeMoved } from '../../../scripts/demo/all/audit-logs.ts';
import { judgeEffects } from '../../../scripts/demo/all/event-audience.ts';
import { type KilledProcess, killings } from '../../../scripts/demo/all/killings.ts';
import { attribute, type Kill, type Reach } from '../../../scripts/demo/all/kills.ts';
import { judgeRegisters, Registers } from '../../../scripts/demo/all/registers.ts';
import type { FailedRequest } from '../../../scripts/demo/crowd.ts';
import { startBalancer } from '../../../scripts/stack/balancer/balancer.ts';

describe('what visitors were told', () => {
  const standing = (rows: Record<string, string[]>) => new Map(Object.entries(rows));

  it('the last acknowledged value, or one that was sent after it and never answered', () => {
    const registers = new Registers();
    registers.begin('shop state', '7', 'open');
    registers.acknowledge('shop state', '7', 'open');
    registers.begin('shop state', '7', 'paused');
    registers.begin('shop state', '7', 'closed');
    registers.refuse('shop state', '7', 'closed');
    const judge = (state: string) =>
      judgeRegisters('shop state', registers.of('shop state'), standing({ 7: [state] }));
    expect(judge('open')).toEqual({ lost: [], doubled: [] });
    expect(judge('paused')).toEqual({ lost: [], doubled: [] });
    expect(judge('closed').lost).toEqual(['shop state 7 should be open or paused and is closed']);
    expect(registers.acknowledged).toBe(1);
    // A later answer settles what was open before it.
    registers.begin('shop state', '7', 'open');
    registers.acknowledge('shop state', '7', 'open');
    expect(judge('paused').lost).toHaveLength(1);
  });

  it('a row that is missing, there twice, or nobody’s', () => {
    const registers = new Registers();
    for (const key of ['a', 'b', 'never answered']) registers.begin('order', key, 'placed');
    for (const key of ['a', 'b']) registers.acknowledge('order', key, 'placed');
    const told = registers.of('order');
    expect(judgeRegisters('order', told, standing({ a: ['placed'], b: ['placed'] }))).toEqual({
      lost: [],
      doubled: [],
    });
    expect(judgeRegisters('order', told, standing({ b: ['placed', 'placed'], c: ['placed'] }))).toEqual({
      lost: ['order a should be placed and is absent'],
      doubled: ['order b stands 2 times', 'order c stands there, and nobody wrote it'],
    });
  });

  it('where absence is a value, it is judged as one', () => {
    const registers = new Registers();
    registers.begin('like', '1:2', 'yes');
    registers.acknowledge('like', '1:2', 'yes');
    const judge = (rows: Record<string, string[]>) =>
      judgeRegisters('like', registers.of('like'), standing(rows), 'no').lost;
    expect(judge({ '1:2': ['yes'] })).toEqual([]);
    expect(judge({})).toEqual(['like 1:2 should be yes and is no']);
    registers.begin('like', '1:2', 'no');
    expect(judge({})).toEqual([]);
  });
});

describe('what a kill explains', () => {
  const kill = (change: Partial<Kill>): Kill => ({
    ...{ kind: 'a service', process: 'product', from: 1_000, to: 2_000 },
    reach: { requests: /^GET \/api\/products/ },
    ...change,
  });
  const failed = (change: Partial<FailedRequest> = {}): FailedRequest => ({
    ...{ at: '', method: 'GET', path: '/api/products/1', router: 0, status: 503, what: '' },
    ...{ beganAt: 1_500, endedAt: 1_600 },
    ...change,
  });
  const explained = (one: Kill, failure: FailedRequest) =>
    attribute([failure], [], [one]).requests.get(one) === 1;

  it('only requests that were under way then, to the process, without an answer or with a 5xx', () => {
    expect(explained(kill({}), failed())).toBe(true);
    expect(explained(kill({}), failed({ status: null }))).toBe(true);
    expect(explained(kill({}), failed({ beganAt: 900, endedAt: 1_001 }))).toBe(true);
    expect(explained(kill({}), failed({ beganAt: 1_999, endedAt: 9_000 }))).toBe(true);
    expect(explained(kill({}), failed({ beganAt: 2_001, endedAt: 2_100 }))).toBe(false);
    expect(explained(kill({}), failed({ endedAt: 999, beganAt: 900 }))).toBe(false);
    expect(explained(kill({}), failed({ path: '/api/shops/1' }))).toBe(false);
    expect(explained(kill({}), failed({ method: 'POST' }))).toBe(false);
    expect(explained(kill({}), failed({ status: 200 }))).toBe(false);
    expect(explained(kill({}), failed({ status: 404 }))).toBe(false);
    expect(explained(kill({ reach: { router: 1 } }), failed())).toBe(false);
    expect(explained(kill({ reach: { router: 0 } }), failed({ path: '/owner' }))).toBe(true);
    expect(explained(kill({ reach: {} }), failed())).toBe(false);
  });

  it('the others are left over', () => {
    const other = failed({ path: '/api/me' });
    const run = { job: 'clean-up', beganAt: 1_500, endedAt: 2_500, what: 'it says so' };
    const { requests, jobs, unexplained, unexplainedJobs } = attribute(
      [failed(), other, failed()],
      [run, { ...run, job: 'offers' }, { ...run, beganAt: 2_001 }],
      [kill({}), kill({ reach: { jobs: ['clean-up'] } })],
    );
    expect([[...requests.values()], [...jobs.values()]]).toEqual([
      [2, 0],
      [0, 1],
    ]);
    expect(unexplained).toEqual([other]);
    expect(unexplainedJobs.map(({ job, beganAt }) => [job, beganAt])).toEqual([
      ['offers', 1_500],
      ['clean-up', 2_001],
    ]);
  });

  it('what the kills of the story may cost, and no other service’s routes', () => {
    const reaches = (process: KilledProcess, request: string) => {
      const { requests }: Reach = killings[process].reach;
      return requests?.test(request) === true;
    };
    for (const request of ['GET /api/shops', 'GET /api/shops/7', 'PATCH /owner/api/shops/7']) {
      expect(reaches('shops', request), request).toBe(true);
    }
    for (const request of ['POST /api/shops/7/benefits', 'GET /owner/shops/7', 'GET /api/me/orders']) {
      expect([reaches('shops', request), reaches('user', request)], request).toEqual([false, false]);
    }
    for (const request of [
      'POST /api/orders',
      'GET /admin/logs',
      'GET /api/me/likes',
      'GET /owner/api/shops',
    ]) {
      expect(reaches('legacyDb', request), request).toBe(true);
    }
    for (const request of [
      'GET /api/products/1',
      'PATCH /admin/products/1',
      'GET /api/me',
      'POST /api/users',
    ]) {
      expect(reaches('legacyDb', request), request).toBe(false);
    }
    expect(reaches('legacy', 'PATCH /admin/products/1')).toBe(false);
    expect(reaches('legacy', 'GET /admin/shops')).toBe(true);
  });
});

describe('effects of events', () => {
  const event = (event_id: string, event_key = 'k') => ({ event_id, event_key });

  it('each once, in the order of its key', () => {
    const promised = [event('1'), event('2', 'l'), event('3'), event('4')];
    expect(judgeEffects(promised, [event('2', 'l'), event('1'), event('3'), event('4')])).toEqual([]);
    expect(judgeEffects(promised, [event('1'), event('4'), event('3'), event('4'), event('9')])).toEqual([
      'event 3 of k was overtaken by a later one',
      'event 4 of k had its effect twice',
      'event 9 of k was never promised',
      'event 2 of l had no effect',
    ]);
  });
});

describe('the log service’s entries', () => {
  const at = new Date(0);
  const row = { at, method: 'GET', path: '/a', status: 200, durationMs: 1, userId: null };
  const fields = JSON.stringify({ method: 'GET', path: '/a', status: 200, durationMs: 1, userId: null });

  it('each row of the table once, as often as it stands there', () => {
    const entries = ['logs-1', 'logs-2', 'another'].map((id) => ({ id, at, fields }));
    expect(judgeMoved([row, row], entries)).toEqual([]);
    expect(judgeMoved([row, row, row], entries)).toHaveLength(1);
    expect(judgeMoved([row], entries)).toHaveLength(1);
    expect(judgeMoved([row, { ...row, status: 404 }], entries)).toHaveLength(2);
  });

  it('one of each request', () => {
    const entry = (requestId: string) => ({ fields: JSON.stringify({ requestId }) });
    const answered = new Map([
      ['a', 'GET /a'],
      ['b', 'GET /b'],
    ]);
    expect(judgeAppended(answered, [entry('b'), entry('a'), { fields }])).toEqual([]);
    expect(judgeAppended(answered, [entry('a'), entry('a')])).toEqual([
      'log: GET /a (a) has 2 entries',
      'log: GET /b (b) has 0 entries',
    ]);
  });
});

describe('what stands in front of the faces', () => {
  it('passes each path to its process, headers and bodies as they are, and says where none answers', async () => {
    await using stack = new AsyncDisposableStack();
    const face = async (name: string) => {
      const server = createServer(async (asked, answer) => {
        let body = '';
        for await (const piece of asked) body += piece;
        answer.setHeader('Set-Cookie', ['a=1', 'b=2']);
        answer.end(`${name} ${asked.method} ${asked.url} ${asked.headers.host} ${body}`);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      stack.defer(() => void server.close().closeAllConnections());
      return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const [users, owners] = [await face('users'), await face('owners')];
    const balancer = await startBalancer({ port: 0, origins: { '/': users.url, '/owner': owners.url } });
    stack.defer(() => balancer.stop());
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${balancer.url}${path}`, init);
      return [response.status, await response.text(), response.headers.getSetCookie()] as const;
    };
    const host = new URL(balancer.url).host;
    expect(await ask('/owner/shops?x=1')).toEqual([
      200,
      `owners GET /owner/shops?x=1 ${host} `,
      ['a=1', 'b=2'],
    ]);
    expect((await ask('/owners'))[1]).toBe(`users GET /owners ${host} `);
    expect((await ask('/owner', { method: 'PUT', body: '한글' }))[1]).toBe(`owners PUT /owner ${host} 한글`);
    owners.server.close().closeAllConnections();
    expect((await ask('/owner'))[0]).toBe(502);
    expect((await ask('/'))[0]).toBe(200);
    const head = request(`${balancer.url}/`, { method: 'HEAD' }).end();
    const [reply] = await once(head, 'response');
    expect(reply.statusCode).toBe(200);
    reply.resume();
  });
});
