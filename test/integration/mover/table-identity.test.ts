import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Session } from '../../../mover/sql/session.ts';
import { forgetNumbers, readIdentities, sameIdentity } from '../../../mover/watch/table-identity.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const columns = '(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, body VARCHAR(20) NULL) ENGINE = InnoDB';
const tables = ['t', 'parts', 'shared'];
const looks = 150;

describeEachEngine('what a table is', (lane) => {
  it('stays the same while its AUTO_INCREMENT is lifted, and is another thing once it is truncated', async () => {
    const schema = [
      `CREATE TABLE t ${columns}`,
      `CREATE TABLE parts ${columns} PARTITION BY HASH (id) PARTITIONS 3`,
      // Without a file of its own, where a table may be.
      `CREATE TABLE shared ${columns} ${lane.engine === 'mysql' ? 'TABLESPACE innodb_system' : ''}`,
    ];
    await using fixture = await MoveFixture.create(lane, { schema, tables });
    const { database } = fixture.spec.source;
    const session = await Session.open({ endpoint: fixture.spec.source, lockWaitSeconds: 5 });
    const altering = await fixture.connect('source');
    const first = await readIdentities(session, database, tables);
    let ends = false;
    const lifting = (async () => {
      for (let next = 1_000; !ends; next += 1_000) {
        for (const table of ['t', 'parts'])
          await altering.query(`ALTER TABLE ${table} AUTO_INCREMENT = ${next}`);
      }
    })();
    try {
      for (let look = 0; look < looks; look++) {
        forgetNumbers(session);
        const now = await readIdentities(session, database, ['t', 'parts']);
        for (const [table, identity] of now)
          expect(identity).toSatisfy((one) => sameIdentity(one, first.get(table)!));
      }
    } finally {
      ends = true;
      await lifting;
    }
    for (let look = 0; look < 10; look++) {
      const lifted = wait(look * 3).then(() =>
        altering.query(`ALTER TABLE shared AUTO_INCREMENT = ${look + 9}`),
      );
      expect((await readIdentities(session, database, ['shared'])).get('shared')).toBe(first.get('shared'));
      await lifted;
    }
    for (const table of tables) {
      await altering.query(`TRUNCATE TABLE ${table}`);
      const now = await readIdentities(session, database, tables);
      expect(sameIdentity(now.get(table)!, first.get(table)!)).toBe(false);
    }
    session.close();
  });
});
