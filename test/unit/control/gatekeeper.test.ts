import { expect, test } from 'vitest';
import { assertMayChange, Gatekeeper, type Token } from '../../../control/api/server/gatekeeper.ts';

const tokens: Token[] = [
  { name: null, role: 'operate', secret: 'the first one' },
  { name: 'looker', role: 'read', secret: 'the second one' },
];

test('a wrong token makes its address wait, and never anybody who has a right one', () => {
  let now = 0;
  const gate = new Gatekeeper(tokens, () => now);
  const code = (authorization: string | undefined, address = 'a') => {
    try {
      gate.admit(authorization, address);
      return null;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  for (let at = 0; at < 20; at++) expect(code('Bearer wrong')).toBe('BANYAN_UNAUTHORIZED');
  expect(code('Bearer wrong')).toBe('BANYAN_TOO_MANY_FAILURES');
  expect(gate.retryAfterSeconds).toBe(60);
  expect(code(undefined, 'b')).toBe('BANYAN_UNAUTHORIZED');
  expect(code('Basic the', 'b')).toBe('BANYAN_UNAUTHORIZED');
  now = 60_000;
  expect(code('Bearer wrong')).toBe('BANYAN_UNAUTHORIZED');
});

test('a token is let in by all of it, also where others fail, and may do what its role says', () => {
  const secrets = new Gatekeeper([
    { name: null, role: 'operate', secret: 'abcdefghijklmnop' },
    { name: 'looker', role: 'read', secret: 'qrstuvwxyzabcdef' },
  ]);
  for (let at = 0; at < 30; at++) expect(() => secrets.admit('Bearer x', 'a')).toThrow();
  expect(secrets.admit('Bearer abcdefghijklmnop', 'a')).toMatchObject({ name: null, role: 'operate' });
  const looker = secrets.admit('bearer qrstuvwxyzabcdef', 'a');
  expect(looker).toMatchObject({ name: 'looker' });
  expect(() => secrets.admit('Bearer abcdefghijklmno', 'a')).toThrow();
  expect(() => assertMayChange(looker, { dryRun: true })).not.toThrow();
  expect(() => assertMayChange(looker, {})).toThrow(expect.objectContaining({ code: 'BANYAN_FORBIDDEN' }));
  expect(() => assertMayChange({ ...looker, role: 'operate' }, {})).not.toThrow();
});
