import { describe, expect, it } from 'vitest';
import { credentialOf } from '../../../router/identity/credential.ts';
import { KeptAnswers } from '../../../router/identity/kept-answers.ts';
import { readWhoami } from '../../../router/identity/read-whoami.ts';

describe('what of a request the monolith is asked with', () => {
  const names = { cookie: ['session'], header: ['authorization'] };
  const credential = (...fields: string[]) => credentialOf(['Host', 'shop', ...fields], names);

  it('is the named cookie and header, whoever the client is, and nothing else of it', () => {
    const { fields, shown } = credential(
      ...['Cookie', 'a=1; session=x; sessions=y; session=z', 'X-Secret', 's', 'AUTHORIZATION', 'Bearer t'],
      ...['X-Forwarded-For', '9.9.9.9', 'X-Request-Id', 'r'],
    );
    expect(fields).toEqual([
      ...['Host', 'shop', 'Cookie', 'session=x; session=z', 'AUTHORIZATION', 'Bearer t'],
      ...['X-Forwarded-For', '9.9.9.9', 'X-Request-Id', 'r'],
    ]);
    expect(shown).toBe(true);
    expect(credential('Cookie', 'other=1').shown).toBe(false);
  });

  it('is the same one as long as the monolith could not tell the requests apart', () => {
    const key = (...fields: string[]) => credential(...fields).key;
    const plain = key('Cookie', 'session=x');
    expect(key('Cookie', 'a=1; session=x', 'X-Request-Id', 'r', 'Accept', '*/*')).toBe(plain);
    for (const other of [
      ['Cookie', 'session=y'],
      ['Cookie', 'session=x', 'X-Forwarded-For', '9.9.9.9'],
      ['Cookie', 'session=x', 'Authorization', ''],
      ['Authorization', 'session=x'],
    ]) {
      expect(key(...other)).not.toBe(plain);
    }
    expect(credentialOf(['Host', 'other', 'Cookie', 'session=x'], names).key).not.toBe(plain);
  });
});

describe('answers that are kept', () => {
  it('are asked for once, used no longer than they may be, and forgotten in the order of their use', async () => {
    let now = 0;
    let asked = 0;
    const kept = new KeptAnswers<string>({ cacheMs: 100, maxEntries: 2, now: () => now });
    const get = (key: string, answer = Promise.resolve(key), keepMs = Number.POSITIVE_INFINITY) =>
      kept.find(key) ??
      kept.ask(
        key,
        () => {
          asked += 1;
          return answer;
        },
        () => keepMs,
      );
    const slow = Promise.withResolvers<string>();
    const herd = [get('a', slow.promise), get('a'), get('a')];
    // It takes as long to answer as it may be used: who comes now asks again.
    now = 100;
    expect(kept.find('a')).toBeUndefined();
    slow.resolve('x');
    expect([await Promise.all(herd), asked]).toEqual([['x', 'x', 'x'], 1]);

    await get('b', undefined, 10);
    now = 109;
    expect(await kept.find('b')).toBe('b');
    now = 110;
    expect(kept.find('b')).toBeUndefined();

    const failing = get('c', Promise.reject(new Error('down')));
    await expect(failing).rejects.toThrow('down');
    expect(kept.find('c')).toBeUndefined();

    await get('d');
    await get('e');
    await get('d');
    await get('f');
    expect([kept.size, kept.find('e'), await kept.find('d')]).toEqual([2, undefined, 'd']);
  });
});

describe('what the monolith answers', () => {
  const from = { subject: 'json:user.id', claims: { role: 'json:user.role', shop: 'header:X-Shop' } };
  const answer = (status: number, body: string, fields: string[] = []) => ({
    ...{ status, fields, body: Buffer.from(body), bodyBytes: Buffer.byteLength(body), trailers: [] },
  });
  const read = (...args: Parameters<typeof answer>) => readWhoami(answer(...args), from);

  it('names a user, nobody, or nothing that can be relied on', () => {
    expect(read(200, '{"user":{"id":7,"role":["a"]}}', ['x-shop', '3'])).toEqual({
      ...{ kind: 'user', subject: '7', claims: { role: ['a'], shop: '3' } },
    });
    for (const nobody of ['{"user":null}', '{}', 'null', '', '{"user":{"id":""}}', '[]']) {
      expect(read(200, nobody)).toEqual({ kind: 'anonymous', answer: null });
    }
    expect(read(401, 'no')).toMatchObject({ kind: 'anonymous', answer: { status: 401 } });
    // What every object has is no member of an answer.
    expect(readWhoami(answer(200, '{}'), { subject: 'json:constructor.name', claims: {} }).kind).toBe(
      'anonymous',
    );
    for (const [status, body, why] of [
      [500, '', 'it answered with 500'],
      [302, '', 'it answered with 302'],
      [404, '', 'it answered with 404'],
      [200, '<html>', 'no JSON'],
      [200, '{"user":{"id":{}}}', 'neither text nor a number'],
      [200, JSON.stringify({ user: { id: 1, role: 'r'.repeat(4_000) } }), 'octets'],
    ] as const) {
      expect(() => read(status, body)).toThrow(why);
    }
  });
});
