import pino from 'pino';
import { expect, it } from 'vitest';
import { HomeParts } from '../../../legacy/apps/user-api/home-parts.ts';
import { requestContext, withDeadline } from '../../../legacy/http/request-context.ts';

const log = pino({ level: 'silent' });
const deadline = async () => requestContext()!.deadlineAt!;

it('gives each part its share of what is left, and none more than the request has', async () => {
  const ends = performance.now() + 60_000;
  await withDeadline(ends, async () => {
    const parts = new HomeParts(600_000, log);
    const [first, second, third] = [
      await parts.get('a', 0.5, deadline),
      await parts.get('b', 0.5, deadline),
      await parts.get('c', 0.9, deadline),
    ] as [number, number, number];
    expect(first).toBeLessThan(ends - 29_000);
    expect(second).toBeGreaterThanOrEqual(first);
    expect(third).toBeLessThan(ends);
    expect(parts.missing.size).toBe(0);
  });
});

it('does without a part that fails or does not come, and tells which', async () => {
  await withDeadline(performance.now() + 20, async () => {
    const parts = new HomeParts(600_000, log);
    const never = () => new Promise<string>(() => undefined);
    const both = [
      parts.get('late', 0.9, never),
      parts.get('broken', 0.9, () => Promise.reject(new Error('x'))),
    ];
    expect(await Promise.all(both)).toEqual([null, null]);
    expect(await parts.get('there', 0.9, async () => 7)).toBe(7);
    expect(parts.lack('needs it')).toBe(null);
    expect([...parts.missing].sort()).toEqual(['broken', 'late', 'needs it']);
  });
});
