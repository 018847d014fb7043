import { statfs } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Session } from '../../../mover/sql/session.ts';
import { askDisks } from '../../../mover/throttle/free-space.ts';
import { describeEachEngine } from '../../support/databases.ts';

describeEachEngine('the room of a server on another machine', ({ engine, servers }) => {
  test('is told by MariaDB once its plugin is there, and by MySQL never', async () => {
    const session = await Session.open({ endpoint: { ...servers.b, database: 'mysql' }, lockWaitSeconds: 5 });
    try {
      expect(await askDisks(session)).toBeNull();
      if (engine === 'mysql') return;
      await session.run("INSTALL SONAME 'disks'");
      const [row] = await session.texts('SELECT @@datadir');
      const { blocks, bsize } = await statfs(row![0]!);
      expect((await askDisks(session))?.totalBytes).toBe(blocks * bsize);
    } finally {
      if (engine === 'mariadb') await session.run("UNINSTALL SONAME IF EXISTS 'disks'");
      session.close();
    }
  });
});
