import { expect, test } from 'vitest';
import { BackgroundApplier } from '../../../mover/apply/background-applier.ts';
import type { MoveContext } from '../../../mover/move-context.ts';

test('a database that is away while a drain is waited for is asked some forty times a second, and told of ever less often', async () => {
  let tries = 0;
  const told: unknown[] = [];
  const context = {
    spec: { id: 'parcels:forward' },
    tuning: { applyWorkers: 0, idlePollMs: 5 },
    logger: { warn: ({ failures }: { failures: number }) => told.push(failures), info: () => undefined },
  } as unknown as MoveContext;
  const unused = () => Promise.reject(new Error('is not called'));
  const applier = new BackgroundApplier({
    ...{ context, parts: [], besides: [], backlog: unused, check: unused, beat: unused },
    capture: {} as never,
    copying: () => false,
    begin() {
      tries += 1;
      return Promise.reject(Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' }));
    },
  });
  await expect(applier.drain({ deadlineMs: 800 })).rejects.toMatchObject({ code: 'BANYAN_DRAIN_TIMEOUT' });
  await applier.stop();
  expect(tries).toBeGreaterThan(8);
  expect(tries).toBeLessThan(45);
  expect(told).toEqual([1, 2, 4, 8, 16, 32].filter((failures) => failures <= tries));
});
