import { expect, it } from 'vitest';
import { defaultPolicy, resolvePolicy, templateBody } from '../../../router/table/failure-policy.ts';
import { mergePolicies } from '../../../router/table/route-policy.ts';

const failure = { status: 503, code: 'BANYAN_X', message: 'say "no" & <go>' };

it('a policy is laid over another setting by setting', () => {
  expect(mergePolicies(undefined, undefined)).toBeUndefined();
  expect(mergePolicies({ retries: 1 }, undefined)).toEqual({ retries: 1 });
  expect(
    mergePolicies(
      { retries: 1, fallback: true, timeouts: { totalMs: 5, idleMs: 6 } },
      { fallback: false, timeouts: { totalMs: null, idleMs: undefined } },
    ),
  ).toEqual({ retries: 1, fallback: false, timeouts: { totalMs: null, idleMs: 6 } });
  const defaults = defaultPolicy({
    timeouts: { firstByteMs: 10, idleMs: 20, totalMs: 30 },
    retries: { max: 2 },
    fallback: true,
  });
  expect(resolvePolicy(defaults, { timeouts: { totalMs: null, firstByteMs: 1 }, retries: 0 })).toMatchObject({
    connectMs: null,
    firstByteMs: 1,
    idleMs: 20,
    totalMs: null,
    retries: 0,
    fallback: true,
    ownBody: false,
  });
});

it('a body of one’s own is filled in, escaped as its type asks, for 5xx only', () => {
  const json = templateBody({
    contentType: 'application/problem+json',
    body: '{"s":{status},"m":"{message}"}',
  });
  expect(JSON.parse(json(failure, 'r').body)).toEqual({ s: 503, m: failure.message });
  const html = templateBody({ contentType: 'text/html', body: '<p>{message} {requestId} {other}</p>' });
  expect(html(failure, '<r>').body).toBe('<p>say &#34;no&#34; &#38; &#60;go&#62; &#60;r&#62; {other}</p>');
  const text = templateBody({ contentType: 'text/plain', body: '{code}: {message}' });
  expect(text({ ...failure, message: "$& $'" }, '').body).toBe("BANYAN_X: $& $'");
  expect(html({ ...failure, status: 413 }, 'r').contentType).toMatch(/json/);
});
