import { describe, expect, test } from 'vitest';
import type { Token } from '../../../../control/api/server/gatekeeper.ts';
import { openSession, sealSession, sessionMs } from '../../../../control/dashboard/session/session-seal.ts';

const operate: Token = { name: null, role: 'operate', secret: 'a secret of the operators' };
const read: Token = { name: 'looker', role: 'read', secret: 'a secret of the lookers' };
const tokens = [operate, read];
const now = Date.parse('2026-03-01T10:00:00Z');

describe('a session in a cookie', () => {
  test('is who logged in, with the token of that login, until it is over', () => {
    const value = sealSession(read, ' \n김\r\nanna ', now);
    const session = openSession(value, tokens, now + sessionMs - 1);
    expect(session).toMatchObject({ token: read, who: '김 anna', expiresAt: now + sessionMs });
    expect(openSession(value, tokens, now + sessionMs)).toBeNull();
    const other = openSession(sealSession(read, 'anna', now), tokens, now);
    expect(other?.csrf).not.toBe(session?.csrf);
    const long = openSession(sealSession(read, '🙂'.repeat(500), now), tokens, now)!;
    expect(long.who.length).toBeLessThanOrEqual(100);
    expect(() => encodeURI(long.who)).not.toThrow();
  });

  test('is nothing under another token, or one with another role, or none', () => {
    const value = sealSession(read, 'anna', now);
    const open = (list: readonly Token[]) => openSession(value, list, now);
    expect(open([operate])).toBeNull();
    expect(open([{ ...read, secret: 'renewed since then' }])).toBeNull();
    expect(open([{ ...read, role: 'operate' }])).toBeNull();
  });

  test('cannot be made into another one', () => {
    const value = sealSession(read, 'anna', now);
    const [body = '', signature = ''] = value.split('.');
    const sealed = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = (change: object) =>
      `${Buffer.from(JSON.stringify({ ...sealed, ...change })).toString('base64url')}.${signature}`;
    expect(openSession(forged({}), tokens, now)).not.toBeNull();
    for (const change of [
      { token: null, role: 'operate' },
      { role: 'operate' },
      { who: 'bo' },
      { expiresAt: now * 2 },
      { expiresAt: null },
    ]) {
      expect(openSession(forged(change), tokens, now)).toBeNull();
    }
    const rubbish = [
      '',
      '.',
      'a.b',
      `${value}.x`,
      `${body}.`,
      `${body}.${signature}x`,
      'null.x',
      `${'x'.repeat(3_000)}.y`,
      'é.é',
    ];
    for (const text of rubbish) expect(openSession(text, tokens, now), text).toBeNull();
  });
});
