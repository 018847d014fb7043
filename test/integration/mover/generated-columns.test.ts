import { expect, it } from 'vitest';
import { describeEachEngine, engineLane } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

describeEachEngine('generated columns', (lane) => {
  const other = engineLane(lane.engine === 'mariadb' ? 'mysql' : 'mariadb');

  it.skipIf(other === null)(
    'are compared between the engines, unless the user takes them as they are',
    async () => {
      await using fixture = await MoveFixture.create(lane, {
        schema: [
          `CREATE TABLE t (
           id INT PRIMARY KEY, a DECIMAL(10,2), seventh DECIMAL(20,10) AS (a / 7) STORED, twice INT AS (a * 2) VIRTUAL)`,
        ],
        tables: ['t'],
        targetLane: other!,
      });
      await fixture.source.query('INSERT INTO t (id, a) VALUES (1, 1), (2, 7), (3, NULL)');
      const verify = async (generated: 'compare' | 'accept') => {
        const move = await fixture.open({ spec: { ...fixture.spec, generated } });
        await move.fence('target', { lockTimeoutMs: 15_000 });
        await move.installCapture();
        const applier = move.startApplying();
        await move.copy();
        const report = await move.verify();
        await applier.stop();
        return report;
      };
      expect(await verify('compare')).toMatchObject({
        different: 1,
        tables: [
          { table: 't', different: 0 },
          {
            table: 't (generated: seventh, twice)',
            different: 1,
            samples: [{ key: { id: '1' }, columns: { seventh: {} } }],
          },
        ],
      });
      expect(await verify('accept')).toMatchObject({ different: 0, tables: [{ table: 't' }] });
    },
  );
});
