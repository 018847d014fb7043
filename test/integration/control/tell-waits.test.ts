import { expect, it } from 'vitest';
import { BanyanError } from '../../../common/errors.ts';
import type { Progress } from '../../../control/progress.ts';
import { tellWaits } from '../../../control/waits/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

describeEachEngine('work that waits for tables', (lane) => {
  it('tells, and its error names, whose transactions are open', async () => {
    const schema = ['CREATE TABLE t (id INT PRIMARY KEY, v INT)'];
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const { spec, source } = fixture;
    await source.query('INSERT INTO t VALUES (1, 1)');
    await source.query('START TRANSACTION');
    await source.query('UPDATE t SET v = 2');
    const told: Progress[] = [];
    const { promise, reject } = Promise.withResolvers<never>();
    const waited = { spec, sides: ['source', 'target'], until: 'changes are captured' } as const;
    const work = tellWaits(waited, (progress) => void told.push(progress), promise).catch((error) => error);
    await expect.poll(() => told).toHaveLength(1);
    const connection = `connection ${source.threadId} (${lane.servers.a.user}@`;
    expect(told[0]).toMatchObject({ phase: 'wait', about: expect.stringContaining(connection) });
    expect(told[0]?.about).toMatch(
      /^changes are captured once open transactions have ended, on .*, idle\) for /,
    );
    const fix = 'look for it';
    reject(new BanyanError('BANYAN_DDL_LOCK_TIMEOUT', 'no moment was found', { fix }));
    expect(await work).toMatchObject({
      ...{ code: 'BANYAN_DDL_LOCK_TIMEOUT', fix },
      message: expect.stringMatching(/^no moment was found\. Open on .*connection \d+ /),
    });
    await source.query('ROLLBACK');
  });

  it('says nothing of what was quick, and nothing where nobody can be asked', async () => {
    const schema = ['CREATE TABLE t (id INT PRIMARY KEY)'];
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['t'] });
    const told: Progress[] = [];
    const tell = (progress: Progress) => void told.push(progress);
    const waited = { spec: fixture.spec, sides: ['source'], until: 'x' } as const;
    expect(await tellWaits(waited, tell, Promise.resolve(7))).toBe(7);
    const spec = { ...fixture.spec, source: { ...fixture.spec.source, port: 1 } };
    const late = new BanyanError('BANYAN_FENCE_TIMEOUT', 'not free', { fix: 'wait' });
    await expect(tellWaits({ ...waited, spec }, tell, Promise.reject(late))).rejects.toBe(late);
    expect(told).toEqual([]);
  });
});
