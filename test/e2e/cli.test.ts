import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bucketOf } from '../../router/index.ts';
import type { StackInfo } from '../../scripts/stack/stack-info.ts';
import { httpCall } from '../support/http-call.ts';
import { ctrlC, onTerminal } from '../support/on-terminal.ts';
import { runCommand } from '../support/run-command.ts';
import { jsonOf, leftovers, stackPlace, start, startTestStack, type TestStack } from '../support/stack.ts';

/** The commands in the order in which ops use them, against one running stack: each test goes on where the last one ended. */
describe('banyan on a running stack', () => {
  let stack: TestStack;
  let info: StackInfo;
  beforeAll(async () => {
    stack = await startTestStack('cli', '--rows', '8000', '--routers', '2');
    info = await stack.info();
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  const json = async (...args: string[]) => {
    const ended = await runCommand(stack.place, ...args, '--json');
    return { code: ended.code, value: jsonOf(ended) as Record<string, unknown>, stderr: ended.stderr };
  };
  const text = async (...args: string[]) => (await runCommand(stack.place, ...args)).stdout;
  const terminal = () => ({ columns: 160, env: { ...process.env, NO_COLOR: '1', ...stack.place.env } });
  const change = (id: number, name: string, url = info.router[0] ?? '') =>
    httpCall(url, {
      method: 'PATCH',
      path: `/admin/products/${id}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });

  it('writes where everything is, for this user alone to read', async () => {
    expect(info.router).toHaveLength(2);
    expect(info.processes.router).toHaveLength(2);
    expect(info.databases.legacy.port).not.toBe(info.databases.product.port);
    expect((await readFile(info.admin.tokenFile, 'utf8')).trim().length).toBeGreaterThan(20);
    for (const url of [...info.router, info.legacy]) {
      expect((await httpCall(url, { method: 'GET', path: '/api/products/1' })).status).toBe(200);
    }
  });

  it('check finds nothing in the way', async () => {
    const { code, value } = await json('check');
    expect(value).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });

  it('grants prints what the stack’s own account holds, and nothing is missing', async () => {
    const { code, value } = await json('grants');
    expect(code).toBe(0);
    const [legacy, service] = value as unknown as { roles: string[]; user: string; statements: string[] }[];
    expect(legacy).toMatchObject({ user: 'banyan', roles: ['state store', 'legacy of product'] });
    expect(legacy?.statements).toContainEqual(
      expect.stringMatching(/ON `shop`\.`products` TO 'banyan'@'127.0.0.1';$/),
    );
    expect(service?.roles).toEqual(['service of product']);
    const banyan = await createConnection({ ...info.databases.legacy, user: 'banyan' });
    await expect(banyan.query('CREATE TABLE shop.mine (id INT)')).rejects.toMatchObject({ errno: 1142 });
    await banyan.end();
    const shop = await createConnection({ ...info.databases.legacy, user: 'shop' });
    await expect(shop.query('SELECT * FROM banyan.state_features')).rejects.toMatchObject({ errno: 1142 });
    await shop.end();
  });

  it('schema prints statements, and leaves tables alone that stand there', async () => {
    const text = await stack.banyan('schema', 'product');
    expect(text.stdout).toMatch(
      /^-- the tables of product.*\n(?:-- severed: .*\n){4}SET NAMES.*;\nCREATE TABLE `product`\.`products` \(/,
    );
    const { code, value } = await json('schema', 'product', '--apply');
    expect(value).toMatchObject({ faults: [], applied: { made: [], present: ['products'] } });
    expect(code).toBe(0);
  });

  it('status and routes show a feature that is with legacy', async () => {
    expect((await json('status')).value).toMatchObject({
      role: 'active',
      features: [{ name: 'product', stage: 'legacy', owner: 'legacy' }],
    });
    const { value } = await json('routes');
    expect(value.routes).toContainEqual(
      expect.objectContaining({
        id: 'PATCH /admin/products/:id',
        access: 'write',
        call: { kind: 'thrift', method: 'changeProduct' },
      }),
    );
    const text = await stack.banyan('routes');
    expect(text.stdout).toMatch(/^GET \/api\/products\/:id +product +legacy +read +legacy +getProduct$/m);
  });

  it('refuses what the stage does not allow, with what to do', async () => {
    const { code, value } = await json('cutover', 'product', '--why', 'too early');
    expect(code).toBe(1);
    expect(value.error).toMatchObject({ code: 'BANYAN_STAGE_REFUSED', fix: expect.stringMatching(/./) });
  });

  it('names the features there are when asked for another one', async () => {
    const { code, value } = await json('status', 'prodcut');
    expect(code).toBe(2);
    expect(value.error).toMatchObject({
      code: 'BANYAN_FEATURE_UNKNOWN',
      fix: expect.stringContaining('product'),
    });
  });

  it('Ctrl-C ends the waiting for a copy, not the copy', async () => {
    // The capture waits for an open transaction on the table: the copy cannot be over before Ctrl-C.
    const application = await createConnection({ ...info.databases.legacy });
    try {
      await application.query('START TRANSACTION');
      await application.query('SELECT id FROM products LIMIT 1');
      const copying = { features: [{ stage: 'copying', owner: 'legacy' }] };
      const begun = () =>
        vi.waitFor(async () => expect((await json('status')).value).toMatchObject(copying), 60_000);
      const { code, written } = await onTerminal(
        ['copy', 'product', '--why', 'test: copy'],
        [[begun, ctrlC]],
        terminal(),
      );
      expect(code).toBe(130);
      expect(written).toContain('it goes on without you');
      expect(written).toContain('`banyan copy product`');
      expect((await json('status')).value).toMatchObject(copying);
      // For the next test.
      await json('throttle', 'product', '--share', '0', '--workers', '1', '--why', 'test: it stands');
    } finally {
      application.destroy();
    }
  });

  it('mover takes chunks of a copy under way, is named in status, and ends when it is asked to', async () => {
    const mover = start(stack.place, ['scripts/banyan.mjs', 'mover', 'product', '--workers', '16', '--json']);
    await vi.waitFor(
      async () => expect(await text('status')).toMatch(/^product: copied by \S+ \(\d+\) with 16 workers$/m),
      60_000,
    );
    await json('throttle', 'product', '--reset', '--why', 'test: it goes on');
    await vi.waitFor(() => expect(mover.said()).toContain('a chunk has landed'), 60_000);
    process.kill(mover.pid, 'SIGTERM');
    expect((await mover.ended).code).toBe(0);
  });

  it('goes on with it, and verifies with progress on stderr', async () => {
    const copy = await json('copy', 'product', '--why', 'test: copy');
    expect(copy).toMatchObject({ code: 0, value: { feature: 'product', stage: 'syncing' } });
    const verify = await json('verify', 'product');
    expect(verify).toMatchObject({ code: 0, value: { rowsCompared: 8000, different: 0 } });
    expect(verify.stderr).toMatch(/^verify .* rows/m);
  });

  it('ramps a canary up by plan, shows the plan, and drops it for the next canary', async () => {
    const ramp = (...more: string[]) => [
      ...['canary', 'product', '--ramp', '1,5,25', '--every', '1h', '--until', '3h'],
      ...['--why', 'test: ramp', ...more],
    ];
    const dry = await text(...ramp('--dry-run'));
    expect(dry).toMatch(/^Nothing was changed\. 1 % of product's readers would go/);
    expect(dry).toMatch(/^ {2}5 % at .* UTC\n {2}25 % at .* UTC\n {2}back to 0 % at .* UTC$/m);
    const begun = await json(...ramp());
    expect(begun).toMatchObject({ code: 0, value: { plan: { percent: 1, next: { percent: 5 } } } });
    expect((await json('status')).value).toMatchObject({
      features: [{ canaries: [{ why: 'test: ramp', ramp: [1, 5, 25], everyMs: 3_600_000 }] }],
    });
    const status = await text('status');
    expect(status).toMatch(
      /^product: the canary is at 1 %; next 5 % at .* UTC, in .*; then 25 %; back to 0 %/m,
    );
    const faulty = await json(
      'canary',
      'product',
      '--ramp',
      '5,1',
      '--every',
      '0',
      '--until',
      '2020-01-01T00:00:00Z',
    );
    expect(faulty.code).toBe(2);
    expect((faulty.value.error as { faults: object[] }).faults).toHaveLength(3);
    const late = await json('canary', 'product', '--percent', '5', '--until', '2020-01-01T00:00:00Z');
    expect(late).toMatchObject({ code: 2, value: { error: { code: 'BANYAN_REQUEST_INVALID' } } });
    const route = 'GET /api/products/:id';
    const single = await json('canary', 'product', '--percent', '60', '--route', route, '--why', 'test: one');
    expect(single.value).toMatchObject({ routes: { [route]: 60 }, plan: null, replaced: [{ percent: 1 }] });
    expect((await json('routes')).value.routes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: route, readPercent: 60 }),
        expect.objectContaining({ id: 'GET /api/products', readPercent: 1 }),
      ]),
    );
    const other = await stack.banyan('canary', 'product', '--percent', '30', '--why', 'test: canary');
    expect(other.stdout).toMatch(/^ {2}Replaces .*'s canary, which is at 1 %; .*\(test: ramp\)$/m);
  });

  it('canaries reads, and explain says who is inside', async () => {
    expect((await json('canary', 'product', '--percent', '30', '--why', 'test: canary')).code).toBe(0);
    const users = Array.from({ length: 50 }, (_, index) => String(index));
    const inside = users.find((user) => bucketOf('product', `header:${user}`) < 3000);
    const outside = users.find((user) => bucketOf('product', `header:${user}`) >= 3000);
    const explain = (user?: string) => json('explain', 'get', '/api/products/7', '-H', `x-user-id: ${user}`);
    expect((await explain(inside)).value).toMatchObject({ side: 'service', reason: 'cohort-inside' });
    expect((await explain(outside)).value).toMatchObject({ side: 'legacy', reason: 'cohort-outside' });
    const write = await json('explain', 'DELETE', '/admin/products/7');
    expect(write.value).toMatchObject({ side: 'legacy', reason: 'write-to-owner' });
    const other = await json('explain', 'GET', '/api/shops/1');
    expect(other.value).toMatchObject({ matched: false, side: 'legacy', reason: 'unmatched' });
  });

  it('rehearses a cutover without changing anything', async () => {
    const before = (await json('routes')).value.version;
    const { code, value } = await json('cutover', 'product', '--dry-run', '--why', 'test: rehearsal');
    expect(code).toBe(0);
    expect(value).toMatchObject({ dryRun: true, wouldBegin: true });
    expect((await json('routes')).value.version).toBe(before);
  });

  it('cuts over: writes land in the service’s database and legacy is kept current', async () => {
    const { code, value } = await json('cutover', 'product', '--why', 'test: cutover');
    expect(code).toBe(0);
    expect(value).toMatchObject({ direction: 'cutover' });
    expect(value.holdMs).toBeGreaterThan(0);
    for (const [index, url] of info.router.entries()) {
      expect((await change(9, `written after the cutover ${index}`, url)).status).toBe(200);
      await legacyShows(9, `written after the cutover ${index}`);
    }
  });

  it('rolls back: legacy takes writes again', async () => {
    expect((await json('rollback', 'product', '--why', 'test: rollback')).code).toBe(0);
    expect((await change(9, 'written after the rollback')).status).toBe(200);
    await legacyShows(9, 'written after the rollback');
    expect((await json('verify', 'product')).value).toMatchObject({ different: 0 });
  });

  it('says what both handovers cost, what a canary changed, and what goes where', async () => {
    const { value } = await json('holds', 'product');
    expect(value).toMatchObject([
      { direction: 'cutover', outcome: 'done', why: 'test: cutover', holdMs: expect.any(Number) },
      { direction: 'rollback', outcome: 'done', why: 'test: rollback', because: null },
    ]);
    const rehearsal = await json('cutover', 'product', '--dry-run', '--why', 'test: rehearsal');
    expect(rehearsal.value.heldBefore).toEqual(
      (value as unknown as { holdMs: number }[]).map((one) => one.holdMs),
    );
    expect(await text('audit', 'product')).toMatch(/canary .*reads 0 % → \d+ %/);
    const traffic = await json('traffic', 'product');
    expect(traffic.value.traffic).toMatchObject({ legacy: { perSecond: expect.any(Number) }, routes: {} });
  });

  it('says what is left in the monolith, and what of banyan’s is left in the databases', async () => {
    const monolith = await json('monolith');
    expect(monolith.value.tables).toContainEqual(
      expect.objectContaining({ table: 'products', feature: 'product', stage: 'syncing' }),
    );
    expect(monolith.value.tables).toContainEqual(expect.objectContaining({ table: 'orders', feature: null }));
    const { code, value } = await json('leftovers');
    expect(code).toBe(0);
    const [left] = value.features as { command: string; statements: { at: string; sql: string }[] }[];
    expect(left?.command).toBe('banyan abandon product --clean');
    const servers = { legacy: info.databases.legacy, service: info.databases.product };
    for (const [side, server] of Object.entries(servers)) {
      const connection = await createConnection({ ...server });
      const [rows] = await connection.query<RowDataPacket[]>(
        // The shop has one of its own.
        'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? AND TRIGGER_NAME <> ?',
        [server.database, 'product_stock_history'],
      );
      await connection.end();
      const named = left!.statements.filter(({ at }) => at === side).map(({ sql }) => sql);
      expect(rows.filter(({ name }) => !named.some((sql) => sql.includes(name)))).toEqual([]);
    }
    expect(await text('leftovers')).toContain('--dry-run prints each');
  });

  it('pauses and goes on', async () => {
    expect((await json('pause', 'product', '--why', 'test: pause')).code).toBe(0);
    expect((await json('status')).value).toMatchObject({ features: [{ paused: true }] });
    // No reason is no obstacle, but the log says so.
    expect((await json('resume', 'product')).code).toBe(0);
    expect((await json('status')).value).toMatchObject({ features: [{ paused: false }] });
  });

  it('keeps who, what and why', async () => {
    const { value } = await json('audit', 'product');
    const entries = value as unknown as { who: string; why: string; action: string }[];
    for (const why of ['test: copy', 'test: canary', 'test: cutover', 'test: rollback', 'test: pause']) {
      expect(entries).toContainEqual(expect.objectContaining({ who: 'tester', why }));
    }
    expect(entries).toContainEqual(expect.objectContaining({ action: 'resume', why: '(no reason given)' }));
    expect(await text('audit')).toContain('test: rollback');
  });

  it('Ctrl-C in the middle of a handover ends the waiting; the handover ends by itself', async () => {
    const body = JSON.stringify({ name: 'written while it was held' });
    // A write that a router has begun: nothing is decided before it has ended.
    const write = request(info.router[0] ?? '', {
      ...{ method: 'PATCH', path: '/admin/products/9' },
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    });
    write.flushHeaders();
    const { code, written } = await onTerminal(
      ['cutover', 'product', '--yes', '--why', 'test: interrupted'],
      [[/hold .*routers park/, ctrlC]],
      terminal(),
    );
    expect(code).toBe(130);
    expect(written).toContain('`banyan abort product`');
    const answered = once(write, 'response');
    write.end(body);
    const [response] = (await answered) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
    await becomes(async () => {
      const [feature] = (await json('status')).value.features as { stage: string; hold: boolean }[];
      return feature?.hold === false && /^(syncing|extracted)$/.test(feature.stage);
    }, 'no handover is under way');
    await legacyShows(9, 'written while it was held');
    // Whichever way it ended, the next one works.
    const { value } = await json('status');
    const [{ stage } = { stage: '' }] = value.features as { stage: string }[];
    if (stage === 'extracted') expect((await json('rollback', 'product', '--why', 'back')).code).toBe(0);

    const watched = await onTerminal(['status', '--watch'], [[/product[\s\S]*product/, ctrlC]], terminal());
    expect(watched.code).toBe(130);
    expect(watched.written).not.toContain('BANYAN_');
  });

  it('refuses a second stack in the same folder and leaves the first one alone', async () => {
    const other = await stackPlace('cli-second');
    const env = { ...other.env, BANYAN_DATA_DIR: stack.place.dataDir };
    const ended = await start({ env }, ['scripts/stack/main.ts', '--rows', '10']).ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('BANYAN_DATA_DIR_BUSY');
    expect((await json('status')).code).toBe(0);
    await other[Symbol.asyncDispose]();
  });

  it('starts a process that dies again, on the same address', async () => {
    const named = (of: StackInfo) => ({ ...of.processes, router: of.processes.router[1] ?? -1 });
    const before = named(await stack.info());
    // Programs first, then what they need: each is back before anything is asked of them.
    for (const dying of [
      ['legacy', 'product', 'router', 'control'],
      ['legacyDb', 'productDb'],
    ] as const) {
      for (const name of dying) process.kill(before[name], 'SIGKILL');
      for (const name of dying) {
        await becomes(
          async () => named(await stack.info())[name] !== before[name],
          `${name} is another process`,
        );
      }
    }
    await becomes(async () => {
      const { code, value } = await json('status');
      return code === 0 && value.role === 'active';
    }, 'control conducts again');
    for (const url of [...info.router, info.legacy]) {
      await becomes(
        async () => (await httpCall(url, { method: 'GET', path: '/api/products/1' })).status === 200,
        url,
      );
    }
    expect((await json('verify', 'product')).value).toMatchObject({ different: 0 });
  });

  it('router --workers 2 serves by the state store on one port, and lets requests end on SIGTERM', async () => {
    const snapshot = `${stack.place.dataDir}/workers.json`;
    const router = start(stack.place, [
      ...['scripts/banyan.mjs', 'router', '--workers', '2'],
      ...['--listen', '127.0.0.1:0', '--snapshot', snapshot],
    ]);
    await becomes(async () => router.said().includes('"ready":true'), 'both workers serve');
    const line =
      router
        .said()
        .split('\n')
        .find((text) => text.includes('"ready":true')) ?? '';
    const ready = JSON.parse(line) as { url: string; replicas: string[] };
    expect(new Set(ready.replicas).size).toBe(2);
    const { value } = await json('status');
    const known = (value.replicas as { replica: string }[]).map(({ replica }) => replica);
    expect(known).toEqual(expect.arrayContaining(ready.replicas));
    let stopping = false;
    const statuses: number[] = [];
    const client = async () => {
      while (!stopping) {
        statuses.push((await httpCall(ready.url, { method: 'GET', path: '/api/products/1' })).status);
      }
    };
    const clients = [client(), client(), client(), client()];
    await becomes(async () => statuses.length > 20, 'requests are answered');
    stopping = true;
    // Each client has a request on its way as the signal comes.
    router.kill('SIGTERM');
    await Promise.all(clients);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(await router.ended).toMatchObject({ code: 0 });
    const left = await json('status');
    expect(JSON.stringify(left.value)).not.toContain(ready.replicas[0]);
  });

  it('says that control is gone with exit status 3, and leaves nothing behind when it is stopped', async () => {
    stack.program.kill('SIGTERM');
    expect((await stack.program.ended).code).toBe(0);
    expect(await leftovers(stack.place.dataDir)).toEqual([]);
    const { code, value } = await json('status');
    expect(code).toBe(3);
    expect(value.error).toMatchObject({ code: 'BANYAN_CONTROL_UNREACHABLE' });
    const explained = await json('explain', 'GET', '/api/products/1');
    expect(explained).toMatchObject({
      code: 0,
      value: { source: 'snapshot', route: 'GET /api/products/:id' },
    });
  });

  async function legacyShows(id: number, name: string): Promise<void> {
    await becomes(async () => {
      const { body } = await httpCall(info.legacy, { method: 'GET', path: `/api/products/${id}` });
      return JSON.parse(body.toString()).name === name;
    }, `legacy shows ${name}`);
  }
});

async function becomes(look: () => Promise<boolean>, what: string, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  // A process that is being started again refuses connections for a moment.
  while (!(await look().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await wait(50);
  }
}
