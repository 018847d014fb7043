import { SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { signingKey } from '../../../common/identity/identity-keys.ts';
import { identitySigner } from '../../../common/identity/identity-signer.ts';
import { identityVerifier } from '../../../common/identity/identity-verifier.ts';
import { ed25519Pair } from '../../support/router/identity-keys.ts';

const [one, two] = [ed25519Pair('one'), ed25519Pair('two')];
const secret = { kid: 'shared', alg: 'HS256' as const, key: 'a secret of thirty-two octets at least' };
const said = { subject: '7', claims: { role: 'admin' }, requestId: 'r-1' };
const sign = (key: Parameters<typeof signingKey>[0], audience = 'orders') =>
  identitySigner({ key, audience, seconds: 60 })(said);
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'valid',
    ({ code, message }) => `${code}: ${message}`,
  );

describe('a signed identity', () => {
  afterEach(() => void vi.useRealTimers());

  it('says who the user is, by either algorithm, and while keys are changed by the one before and the one after', async () => {
    const verify = identityVerifier({ keys: [one.checks, two.checks, secret], audience: 'orders' });
    for (const key of [one.signs, two.signs, secret]) {
      expect(await verify(await sign(key))).toMatchObject({
        ...{ subject: '7', claims: { role: 'admin' }, requestId: 'r-1' },
      });
    }
    const rotated = identityVerifier({ keys: [two.checks], audience: 'orders' });
    expect(await code(rotated(await sign(two.signs)))).toBe('valid');
    expect(await code(rotated(await sign(one.signs)))).toContain('BANYAN_IDENTITY_INVALID');
  });

  it('is refused when it is another service’s, expired, of another key, changed, or no token of a router', async () => {
    const verify = identityVerifier({ keys: [one.checks], audience: 'orders', clockToleranceSeconds: 0 });
    const good = await sign(one.signs);
    expect(await code(verify(await sign(one.signs, 'product')))).toContain('its "aud" is another one');
    // Another key under a known name.
    expect(await code(verify(await sign({ ...two.signs, kid: 'one' })))).toContain('its signature is wrong');
    const [header, , signature] = good.split('.');
    const claims = { iss: 'banyan', aud: 'orders', sub: '1', iat: 1, exp: 9e9 };
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
    expect(await code(verify(`${header}.${forged}.${signature}`))).toContain('its signature is wrong');
    // Algorithms that the key is not for: none at all, and HMAC with the public key as its secret.
    const none = Buffer.from('{"alg":"none","kid":"one","typ":"banyan-identity+jwt"}').toString('base64url');
    expect(await code(verify(`${none}.${forged}.`))).toContain('BANYAN_IDENTITY_INVALID');
    const confused = await sign({ kid: 'one', alg: 'HS256', key: one.checks.key });
    expect(await code(verify(confused))).toContain('BANYAN_IDENTITY_INVALID');
    // Whatever else the same key signs.
    const other = new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
      .sign(signingKey(one.signs));
    expect(await code(verify(await other))).toContain('its "typ" is another one');
    for (const rubbish of ['', 'x', '..', 'a.b.c', '{}']) {
      expect(await code(verify(rubbish))).toContain('it is no token of a router');
    }
    expect(await code(verify(good))).toBe('valid');
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ['Date'] });
    expect(await code(verify(good))).toContain('it has expired');
  });

  it('takes no key that is too weak, of another kind, or none at all', () => {
    const verifier = (keys: Parameters<typeof identityVerifier>[0]['keys']) => () =>
      identityVerifier({ keys, audience: 'orders' });
    expect(verifier([])).toThrow('No key was given');
    expect(verifier([{ kid: 'x', alg: 'HS256', key: 'short' }])).toThrow('has 5 octets; HS256 needs 32');
    expect(verifier([{ kid: 'x', key: 'no PEM' }])).toThrow('is no public key in PEM');
    expect(() => identitySigner({ key: one.checks, audience: 'orders', seconds: 60 })).toThrow(
      'is no private key in PEM',
    );
  });
});
