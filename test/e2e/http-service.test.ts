import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import mysql, { type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { engineLane, type TestDatabase } from '../support/databases.ts';
import { startPrograms, twoDatabases } from '../support/programs.ts';
import { jsonOf } from '../support/stack.ts';

interface Review extends RowDataPacket {
  readonly id: number;
  readonly stars: number;
  readonly text: string;
}

/** What may be wrong with a side, switched while it runs. */
interface Faults {
  /** `stars` come as text. */
  textStars: boolean;
  /** One answer in so many is a 500; 0: none. */
  failEvery: number;
}

/** An ordinary HTTP application with one table, which knows nothing of banyan. */
async function startReviews(database: TestDatabase) {
  const { host, port, user, password, database: schema } = database;
  const pool = mysql.createPool({ host, port, user, password, database: schema, connectionLimit: 4 });
  await pool.query(
    'CREATE TABLE reviews (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, stars INT NOT NULL, text VARCHAR(200) NOT NULL)',
  );
  const faults: Faults = { textStars: false, failEvery: 0 };
  let answered = 0;
  const answer = async (method: string, path: string, body: string): Promise<[number, object]> => {
    answered += 1;
    // Long beside what a busy machine adds: neither side is slower than the other.
    await wait(60);
    if (faults.failEvery > 0 && answered % faults.failEvery === 0) return [500, { error: 'broken' }];
    if (method === 'POST') {
      const { stars } = JSON.parse(body);
      const insert = 'INSERT INTO reviews (stars, text) VALUES (?, ?)';
      const [{ insertId }] = await pool.query<ResultSetHeader>(insert, [stars, body]);
      return [201, { id: insertId }];
    }
    const id = Number(path.split('/').at(-1));
    const [[review]] = await pool.query<Review[]>('SELECT id, stars, text FROM reviews WHERE id = ?', [id]);
    if (review === undefined) return [404, { error: 'no such review' }];
    const { stars, text } = review;
    return [200, { id, stars: faults.textStars ? String(stars) : stars, text }];
  };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const [status, body] = await answer(request.method!, request.url!, text).catch(
      (error: unknown): [number, object] => [503, { error: String(error) }],
    );
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...body, servedAt: process.hrtime.bigint().toString() }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pool,
    faults,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await pool.end();
    },
  };
}

const lane = engineLane('mariadb') ?? engineLane('mysql');

describe('a service that speaks HTTP, by the commands of ops', () => {
  it('is compared, canaried under a guard, cut over under one and rolled back, with no write lost', async () => {
    await using stack = new AsyncDisposableStack();
    const { schema, databases } = stack.use(await twoDatabases(lane!, 'forum', 'reviews'));
    const monolith = stack.use(await startReviews(databases.legacy));
    const service = stack.use(await startReviews(databases.service));
    const programs = stack.use(
      await startPrograms('reviews', {
        databases,
        state: { database: 'legacy', schema },
        legacy: { addresses: [monolith.url], database: 'legacy' },
        router: {
          identity: ['header:x-user-id'],
          // A busy machine is no reason to leave anything out here.
          shadow: { maxLagMs: 60_000, settleMs: 30_000, reportMs: 200 },
        },
        control: { cutover: { maxTransactionMs: 600_000, signOff: true } },
        features: {
          reviews: {
            service: { kind: 'http', addresses: [service.url] },
            database: 'service',
            tables: ['reviews'],
            routes: { 'GET /api/reviews/:id': {}, 'POST /api/reviews': {} },
          },
        },
      }),
    );
    const cli = async (...args: string[]) => {
      const ended = await programs.banyan(...args);
      if (process.env.WATCH)
        console.log(`$ banyan ${args.join(' ')}\n${ended.stdout}${ended.stderr}[${ended.code}]`);
      return ended;
    };
    const done = async (...args: string[]) => {
      const ended = await cli(...args, '--why', 'as planned');
      expect(ended.code, ended.stderr + ended.stdout).toBe(0);
      return ended;
    };
    const state = async () =>
      ((await programs.admin('/v1/status')) as { features: { stage: string; canaries: object[] }[] })
        .features[0]!;
    const diff = () =>
      programs.admin('/v1/features/reviews/diff') as Promise<{ compared: number; different: number }>;

    // Clients read and write from now on, each as somebody else, and remember what they were told.
    const written = new Set<number>();
    const statuses = new Map<string, number>();
    let clients = 0;
    const ask = async (path: string, init: RequestInit = {}) => {
      clients += 1;
      const headers = { 'content-type': 'application/json', 'x-user-id': String(clients) };
      const response = await fetch(`${programs.router}${path}`, { ...init, headers });
      const text = await response.text();
      const key = `${init.method ?? 'GET'} ${response.status}`;
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
      return { status: response.status, body: JSON.parse(text) };
    };
    const write = async () => {
      const { status, body } = await ask('/api/reviews', {
        method: 'POST',
        body: JSON.stringify({ stars: clients % 5 }),
      });
      if (status === 201) written.add(body.id);
    };
    for (let at = 0; at < 50; at++) await write();
    const ids = [...written];
    let going = true;
    const traffic = Array.from({ length: 16 }, async (_, lane) => {
      for (let turn = 0; going; turn++) {
        if (lane === 0 && turn % 3 === 0) await write();
        else await ask(`/api/reviews/${ids[(turn * 7 + lane) % ids.length]}`);
      }
    });
    const until = async (what: string, condition: () => Promise<boolean>) => {
      const end = performance.now() + 90_000;
      while (!(await condition())) {
        if (performance.now() > end) throw new Error(`never: ${what}`);
        await wait(100);
      }
    };
    stack.defer(async () => {
      going = false;
      await Promise.all(traffic);
    });

    await done('copy', 'reviews');
    service.faults.textStars = true;
    await done('shadow', 'reviews', '--percent', '100');
    await until('the fault is found', async () => (await diff()).different > 0);
    const shown = await cli('diff', 'reviews');
    expect(shown).toMatchObject({ code: 1, stdout: expect.stringContaining('body.stars') });
    const early = await cli('diff', 'reviews', '--sign-off', '--why', 'looks fine');
    expect(early.stderr).toContain('BANYAN_DIFF_OPEN');
    const gate = await cli('cutover', 'reviews', '--dry-run', '--why', 'may I?');
    expect(gate).toMatchObject({ code: 1, stdout: expect.stringMatching(/✗ signed off/) });

    service.faults.textStars = false;
    await done('shadow', 'reviews', '--percent', '100', '--restart');
    await until('enough was compared', async () => (await diff()).compared >= 60);
    await done('diff', 'reviews', '--sign-off');

    await done('cutover', 'reviews', '--guard', '--watch', '10m', '--on-breach', 'rollback');
    expect((await cli('status')).stdout).toContain('the cutover is guarded until');
    for (let at = 0; at < 10; at++) await write();
    // Nobody is at the keyboard: the rows go home.
    service.faults.failEvery = 2;
    await until('the guard rolls back', async () => (await state()).stage === 'syncing');
    service.faults.failEvery = 0;

    // One answer in three fails: the ramp goes back by itself.
    await done(
      'canary',
      'reviews',
      '--ramp',
      '30,60,100',
      '--every',
      '5m',
      '--guard',
      '--min-requests',
      '50',
    );
    service.faults.failEvery = 3;
    await until('the guard steps back', async () => (await state()).canaries.length === 0);
    expect((await cli('audit', 'reviews')).stdout).toMatch(/cutover guard: breach.*canary guard: breach/s);
    // What was signed off holds no more: the shadow sees it fail.
    await until('the shadow sees it, too', async () => (await diff()).different > 0);
    service.faults.failEvery = 0;
    const refused = await cli('cutover', 'reviews', '--why', 'is it better now?');
    expect(refused.stderr).toContain('since it was signed off: 1 difference');

    going = false;
    await Promise.all(traffic);
    const verified = await programs.banyan('verify', 'reviews', '--json');
    expect(jsonOf(verified)).toMatchObject({ different: 0 });
    const [rows] = await monolith.pool.query<Review[]>('SELECT id FROM reviews');
    const kept = new Set(rows.map(({ id }) => id));
    expect([...written].filter((id) => !kept.has(id))).toEqual([]);
    if (process.env.WATCH) console.log(Object.fromEntries(statuses), written.size);
    // Only what the service was told to break failed.
    expect([...statuses.keys()].filter((key) => !/ (200|201|500)$/.test(key))).toEqual([]);
  });
});
