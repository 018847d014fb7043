import { createConnection } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { describeOnEngine, type TestDatabase } from '../../support/databases.ts';
import { httpCall } from '../../support/http-call.ts';
import { startRouterFront } from '../../support/router-front.ts';
import {
  createShopDatabase,
  createUserDatabase,
  endpointOf,
  startLegacy,
  startUser,
  testClock,
} from '../../support/shop.ts';

/** What depends on the connection or the second, not on the answer. */
const incidental = new Set(['date', 'connection', 'keep-alive']);
const account = { email: 'minseo@example.com', name: '김민서 <&>', password: '비밀번호 1234' };
const json = { 'content-type': 'application/json' };
const long = 'x'.repeat(191);

/** Bodies of the three routes that take one, good, odd and bad; in this order, since they change what is there. */
const bodies: readonly (readonly [string, ...unknown[]])[] = [
  [
    'POST /api/users',
    ...['', '[]', '"x"', 'null', '{', '{"email":"\\ud800@b","name":"x","password":"12345678"}'],
    ...[{}, { email: 5, name: 5 }, { email: 'no', name: 5 }, { email: 'a@b', name: ' ', password: 'x' }],
    ...[
      { ...account, name: null },
      { ...account, password: 'short' },
      { ...account, email: `${long}@b` },
    ],
    ...[{ ...account, name: '가'.repeat(121) }, { ...account, role: 'admin' }, account],
    { ...account, email: 'MINSEO@example.com' },
    '{"email":"a@b","email":"b@b","name":"x","password":"12345678"}',
    `{"email":"${'x'.repeat(110_000)}"}`,
  ],
  [
    'POST /api/session',
    ...['{}', { email: account.email }, { email: 1, password: 2 }, { email: account.email, password: 'no' }],
    ...[
      { email: 'nobody@example.com', password: 'x' },
      { ...account, email: ` ${account.email} ` },
    ],
    // Another Unicode form of the same password.
    { email: account.email, password: account.password.normalize('NFD') },
  ],
  [
    'PATCH /api/me',
    ...['{}', '{', { name: '' }, { name: null }, { password: 'long enough' }, { password: 5 }],
    ...[
      { password: 'long enough', currentPassword: 'no' },
      { password: 'x', currentPassword: 'y' },
    ],
    { name: '민서' },
    { name: 'both', password: 'long enough', currentPassword: account.password },
  ],
];

describeOnEngine('mariadb', 'the user service answers as the monolith does', (lane) => {
  it('to the byte, cookies included, and leaves the same rows', { timeout: 60_000 }, async () => {
    const clock = testClock();
    await using shop = await createShopDatabase(lane, 5);
    await using database = await createUserDatabase(lane);
    for (const table of ['users', 'sessions']) {
      const rows = await query(shop, `select * from ${table}`);
      if (rows.length > 0) {
        await query(database, `insert into ${table} values ?`, [rows.map((row) => Object.values(row))]);
      }
    }
    await using legacy = await startLegacy(shop, { clock: clock.read });
    await using service = await startUser(database, { clock: clock.read });
    const { idl, address } = service;
    await using router = await startRouterFront({
      ...{ idl, address, service: 'UserService', legacy: legacy.url, transport: 'header' },
      // Passwords are slow to hash where others work too.
      deadlineMs: 60_000,
    });

    const statuses = new Set<number>();
    /** The cookie that each side gave last. */
    const sessions = { [legacy.url]: '', [router.url]: '' };
    const send = async (url: string, route: string, body?: string, headers: object = {}) => {
      const [method, path] = route.split(' ') as [string, string];
      const cookie = sessions[url] === '' ? {} : { cookie: `a=b; session=${sessions[url]}; c=d` };
      const answer = await httpCall(url, {
        ...{ method, path, headers: { ...cookie, ...headers } },
        ...(body !== undefined && { body }),
      });
      const kept = Object.entries(answer.headers)
        .filter(([name]) => !incidental.has(name))
        .map(([name, value]) => [name, name === 'set-cookie' ? masked(value!) : value]);
      const given = /^session=([^;]*)/.exec(answer.headers['set-cookie'] ?? '')?.[1];
      if (given !== undefined) sessions[url] = given;
      return {
        status: answer.status,
        headers: Object.fromEntries(kept.sort()),
        body: answer.body.toString(),
      };
    };
    const same = async (route: string, body?: string, headers: object = {}) => {
      const [expected, actual] = await Promise.all(
        [legacy.url, router.url].map((url) => send(url, route, body, headers)),
      );
      expect(actual, `${route} ${body?.slice(0, 100)}`).toEqual(expected);
      statuses.add(expected!.status);
      return expected!;
    };
    const who = async () => {
      for (const route of ['GET /api/me', 'HEAD /api/me', 'GET /internal/whoami']) {
        const { etag } = (await same(route)).headers;
        await same(route, undefined, { 'if-none-match': String(etag) });
      }
    };

    await who();
    for (const [route, ...tried] of bodies) {
      for (const body of tried)
        await same(route, typeof body === 'string' ? body : JSON.stringify(body), json);
      for (const type of ['text/plain', 'application/json; charset=latin1', 'application/problem+json']) {
        await same(route, '{}', { 'content-type': type });
      }
      await who();
    }
    expect(sessions[router.url]).toMatch(/^[\w-]{43}$/);
    for (const cookie of [
      'session=short',
      `session="${'x'.repeat(43)}"`,
      `other=${'x'.repeat(43)}`,
      'session',
    ]) {
      await same('GET /api/me', undefined, { cookie });
    }
    // Fourteen days later it has run out, on both.
    clock.set('2026-12-06T09:30:00Z');
    await who();
    clock.set('2026-11-22T09:31:00Z');
    await who();
    await same('DELETE /api/session');
    await who();
    await same('DELETE /api/session');
    await same('PATCH /api/me', '{"name":"x"}', json);
    expect([...statuses].sort()).toEqual([200, 201, 204, 304, 400, 401, 403, 409, 413, 415]);

    for (const columns of [
      'id, email, name, role, created_at from users',
      'user_id, expires_at from sessions',
    ]) {
      const sql = `select ${columns} order by 1, 2`;
      expect(await query(database, sql)).toEqual(await query(shop, sql));
    }
    // Two at once with one email: one of them has it.
    for (const url of [legacy.url, router.url]) {
      const both = JSON.stringify({ ...account, email: 'two@example.com' });
      const answers = await Promise.all([1, 2].map(() => send(url, 'POST /api/users', both, json)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    }
    // Each side takes the other's passwords.
    for (const [from, url] of [
      [database, legacy.url],
      [shop, router.url],
    ] as const) {
      const [row] = await query(from, 'select password_hash from users where email = ?', [account.email]);
      const to = from === database ? shop : database;
      await query(to, 'update users set password_hash = ? where email = ?', [
        row!.password_hash,
        account.email,
      ]);
      const login = JSON.stringify({ email: account.email, password: 'long enough' });
      expect((await send(url, 'POST /api/session', login, json)).status).toBe(200);
    }
  });
});

/** Without what cannot be the same: the token, and the second at which it was given. */
function masked(cookie: string): string {
  return cookie.replace(/(?<=^session=)[\w-]{43}(?=;)/, 'TOKEN').replace(/(?<=Expires=)[^;]+/, (text) => {
    const days = (Date.parse(text) - Date.now()) / 86_400_000;
    return Math.abs(days - 14) < 0.01 ? 'IN 14 DAYS' : text;
  });
}

async function query(
  database: TestDatabase,
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const connection = await createConnection({
    ...endpointOf(database),
    dateStrings: true,
    charset: 'utf8mb4',
  });
  try {
    return (await connection.query(sql, values))[0] as Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}
