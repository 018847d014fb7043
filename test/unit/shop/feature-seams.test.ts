import { openSeams } from 'banyan/seam';
import pino from 'pino';
import { expect, it } from 'vitest';
import type { FeatureName } from '../../../legacy/config.ts';
import { withDeadline } from '../../../legacy/http/request-context.ts';
import { unanswered } from '../../../legacy/http/unanswered.ts';
import { FeatureSeams } from '../../../legacy/services/feature-seams.ts';
import { MemoryLink } from '../../support/router/memory-link.ts';

const log = pino({ level: 'silent' });
const late = () => Promise.reject(Object.assign(new Error('late'), { code: 'BANYAN_RPC_DEADLINE' }));

/** The seams of a feature whose rows its service owns. */
async function extracted(name: FeatureName) {
  const link = new MemoryLink();
  link.put({
    features: [{ name, stage: 'extracted', owner: 'service', inTransition: false, hold: false, salt: 's' }],
    routes: [],
  });
  const seams = await openSeams({ state: {} as never, link, logger: log });
  return { seams, feature: new FeatureSeams(name, seams, log) };
}

it('reads the copy where the service does not answer, and spares others the wait only if it was not one’s own hurry', async () => {
  const { seams, feature } = await extracted('user');
  let [asked, answers] = [0, false];
  const read = feature.read('userOf', {
    legacy: async () => 'copy',
    service: async () => {
      asked += 1;
      return answers ? 'service' : late();
    },
  });
  // Somebody who waits for nothing: the next is not kept from the service.
  await withDeadline(performance.now(), async () => expect(await read()).toBe('copy'));
  answers = true;
  expect(await read()).toBe('service');
  answers = false;
  expect(await read()).toBe('copy');
  expect([await read(), asked]).toEqual(['copy', 3]);

  const fresh = feature.readFresh('freshUserOf', { legacy: async () => 'copy', service: late });
  await expect(fresh()).rejects.toThrow('late');
  const finished = feature.read('gone', {
    legacy: () => Promise.reject(new Error('no such table')),
    service: late,
  });
  await expect(finished()).rejects.toThrow('late');
  await seams.close();
});

it('reads what a request has written at the owner of the rows, and not in a copy that lacks it', async () => {
  const { seams, feature: shops } = await extracted('shops');
  const find = shops.read('find', { legacy: async () => 'open', service: async () => 'paused' });
  const setState = shops.write('setState', { legacy: late, service: async () => {} });
  const slow = shops.read('slow', { legacy: async () => 'open', service: late });

  const request = <T>(work: () => Promise<T>) => withDeadline(performance.now() + 1_000, work);
  // Another request finds the service slow: for a moment everybody reads the copy.
  expect(await request(slow)).toBe('open');
  expect(await request(find)).toBe('open');
  expect(await request(async () => [await find(), await setState(), await find()])).toEqual([
    'open',
    undefined,
    'paused',
  ]);
  await expect(request(async () => [await setState(), await slow()])).rejects.toThrow('late');
  await seams.close();
});

it('answers 503 for a write that the fence refused, and for no other trigger’s refusal', () => {
  const refused = (text: string) => unanswered(Object.assign(new Error(text), { errno: 1644 }));
  expect(refused('insert into t - banyan fence: not its rows')).toMatchObject({
    ...{ status: 503, code: 'unavailable' },
  });
  expect(refused('insert into t - stock may not be negative')).toBe(undefined);
  const told = unanswered(Object.assign(new Error('refused'), { code: 'BANYAN_RPC_FENCED' }));
  expect(told?.status).toBe(503);
});
