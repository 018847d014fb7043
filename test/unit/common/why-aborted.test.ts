import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BanyanError, describeError, whyAborted } from '../../../common/errors.ts';

test('who ended a wait is told, not that the wait was ended', async () => {
  const reason = new BanyanError('BANYAN_HANDOVER_ABORTED', 'taken back', { fix: 'none' });
  const signal = AbortSignal.abort(reason);
  const waits = [delay(1, undefined, { signal }), once(new EventTarget(), 'never', { signal })];
  for (const wait of waits) {
    const error = await wait.catch((error: unknown) => error);
    expect((error as Error).name).toBe('AbortError');
    expect(whyAborted(error)).toBe(reason);
    expect(describeError(error)).toMatchObject({ code: 'BANYAN_HANDOVER_ABORTED', message: 'taken back' });
  }
  const late = await delay(60_000, undefined, { signal: AbortSignal.timeout(1), ref: true }).catch((e) => e);
  expect(whyAborted(late)).toMatchObject({ name: 'TimeoutError' });
  const other = new Error('another');
  expect(whyAborted(other)).toBe(other);
});
