import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../../scripts/servers/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { jsonApi } from '../../support/json-api.ts';
import { startPrograms, twoDatabases } from '../../support/programs.ts';
import { type Program, startProgram } from '../../support/shop-process.ts';

const aws = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'ap-northeast-2' };

// The router's process finds them as it would any.
beforeAll(() => void Object.assign(process.env, aws));
afterAll(() => {
  for (const name of Object.keys(aws)) delete process.env[name];
});

/** DynamoDB and Lambda as they stand in for AWS locally, each killed and started again on its port. */
async function startLocalAws() {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'banyan-benefits-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const [lambdaPort, dynamodbPort] = (await freePorts(2)) as [number, number];
  const starts = {
    dynamodb: () =>
      startProgram('scripts/local-aws/dynamodb.ts', {}, [
        ...['--port', String(dynamodbPort)],
        ...['--path', join(folder, 'dynamodb')],
      ]),
    lambda: () =>
      startProgram(
        'scripts/local-aws/lambda.ts',
        { ...aws, BM_DYNAMODB_ENDPOINT: `http://127.0.0.1:${dynamodbPort}` },
        [
          ...['--port', String(lambdaPort)],
          ...['--first', 'extracted/bm/create-table.ts', 'benefits=extracted/bm/lambda.ts'],
        ],
      ),
  };
  const running = new Map<keyof typeof starts, Program>();
  stack.defer(async () => {
    for (const program of running.values()) await program[Symbol.asyncDispose]();
  });
  const start = async (name: keyof typeof starts) => {
    const program = starts[name]();
    running.set(name, program);
    await program.ready;
  };
  await start('dynamodb');
  await start('lambda');
  const kept = stack.move();
  return {
    endpoint: `http://127.0.0.1:${lambdaPort}`,
    start,
    kill: (name: keyof typeof starts) => running.get(name)![Symbol.asyncDispose](),
    /** Makes it stand still until the function is called. */
    freeze(name: keyof typeof starts) {
      const program = running.get(name)!;
      program.kill('SIGSTOP');
      return () => program.kill('SIGCONT');
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

describeOnEngine('mariadb', 'benefits: a new feature in a Lambda function over DynamoDB', (lane) => {
  it('is redeemed once by each member, through the router, whatever is killed meanwhile', async () => {
    await using stack = new AsyncDisposableStack();
    const local = stack.use(await startLocalAws());
    const { schema, databases } = stack.use(await twoDatabases(lane, 'shop', 'unused'));
    const shops = '/api/shops/:shopId/benefits';
    const programs = stack.use(
      await startPrograms(
        'benefits',
        {
          databases,
          state: { database: 'legacy', schema },
          // The monolith knows nothing of them.
          legacy: { addresses: ['http://127.0.0.1:1'], database: 'legacy' },
          features: {
            benefits: {
              service: {
                kind: 'lambda',
                function: 'benefits',
                region: aws.AWS_REGION,
                endpoint: local.endpoint,
                deadlineMs: 3_500,
              },
              routes: {
                'POST /admin/shops/:shopId/benefits': {},
                [`GET ${shops}`]: {},
                [`GET ${shops}/:benefitId`]: {},
                [`POST ${shops}/:benefitId/redemptions`]: {},
                [`GET ${shops}/:benefitId/redemptions/:memberId`]: {},
              },
            },
          },
        },
        { running: ['up'] },
      ),
    );
    for (const action of ['copy', 'cutover']) {
      const done = await programs.admin(`/v1/features/benefits/${action}`, { why: 'it is new' });
      expect(String(done)).not.toContain('"error"');
    }

    const api = jsonApi(programs.router);
    let keys = 0;
    const post = (path: string, body: unknown, key = `key-${keys++}`) =>
      api('POST', path, body, { 'idempotency-key': key });
    const wanted = { name: '겨울 할인', percentOff: 15, quantity: 3 };
    const made = await post('/admin/shops/7/benefits', wanted, 'create-1');
    expect([made.status, made.json]).toEqual([201, expect.objectContaining({ shopId: 7, ...wanted })]);
    const again = await post('/admin/shops/7/benefits', wanted, 'create-1');
    expect([again.status, again.json]).toEqual([201, made.json]);
    const other = await post('/admin/shops/7/benefits', { ...wanted, percentOff: 90 }, 'create-1');
    expect([other.status, other.json.error.code]).toEqual([422, 'idempotency_key_reused']);

    const benefit = made.headers.location!;
    const redeem = (memberId: string, key?: string) => post(`${benefit}/redemptions`, { memberId }, key);
    const codes = (answers: Awaited<ReturnType<typeof redeem>>[]) =>
      answers.map(({ status, json }) => `${status} ${json.error?.code ?? ''}`.trim()).sort();
    const first = await redeem('kim', 'once');
    expect(first.status).toBe(201);
    expect(codes([await redeem('kim')])).toEqual(['409 already_redeemed']);
    expect((await redeem('kim', 'once')).json).toEqual(first.json);
    // Two of them are left, and ten members come at once, each twice.
    const rush = Array.from({ length: 20 }, (_, index) => redeem(`member-${index % 10}`));
    const granted = codes(await Promise.all(rush)).filter((code) => code === '201');
    expect(granted).toHaveLength(2);
    expect((await api('GET', benefit)).json).toMatchObject({ left: 0, quantity: 3 });
    expect(codes([await redeem('late')])).toEqual(['409 sold_out']);
    expect(codes([await redeem('no member!')])).toEqual(['400 bad_request']);
    expect((await api('GET', `${benefit}/redemptions/nobody`)).status).toBe(404);

    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await post('/admin/shops/8/benefits', { ...wanted, name });
    const seen: string[] = [];
    for (let path: string | undefined = '/api/shops/8/benefits?limit=2'; path !== undefined; ) {
      const { json, headers }: Awaited<ReturnType<typeof api>> = await api('GET', path);
      expect(json.benefits.length).toBeLessThanOrEqual(2);
      seen.push(...json.benefits.map((one: { name: string }) => one.name));
      path = headers.link === undefined ? undefined : /<([^>]+)>/.exec(headers.link)?.[1];
    }
    expect(seen.sort()).toEqual(names);

    await local.kill('dynamodb');
    const without = await api('GET', benefit);
    expect([without.status, without.json.error.code]).toEqual([503, 'unavailable']);
    expect(without.headers['retry-after']).toBe('1');
    await local.start('dynamodb');
    await local.kill('lambda');
    expect((await redeem('late')).status).toBe(502);
    await local.start('lambda');
    expect((await api('GET', `${benefit}/redemptions/kim`)).json).toEqual(first.json);
    expect((await redeem('kim', 'once')).json).toEqual(first.json);
    expect(codes([await redeem('kim')])).toEqual(['409 already_redeemed']);
    expect((await api('GET', benefit)).json).toMatchObject({ left: 0 });

    // Slow, and no longer than that: the function gives up before the router does. What was not answered is sent again with its key.
    const spring = (await post('/admin/shops/7/benefits', { ...wanted, quantity: 5 })).headers.location!;
    const late = (member: string) => post(`${spring}/redemptions`, { memberId: member }, `late-${member}`);
    for (const [name, told] of [
      ['dynamodb', '503 unavailable'],
      ['lambda', '504 BANYAN_UPSTREAM_TIMEOUT'],
    ] as const) {
      const thaw = local.freeze(name);
      expect(codes([await late(name)])).toEqual([told]);
      thaw();
      await expect.poll(async () => codes([await late(name)])).toEqual(['201']);
      expect(codes([await late(name)])).toEqual(['201']);
    }
    expect((await api('GET', spring)).json).toMatchObject({ left: 3 });
  });
});
