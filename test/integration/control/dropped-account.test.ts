import { expect, test } from 'vitest';
import { tellStatus } from '../../../control/api/words/told.ts';
import { startControl } from '../../../control/index.ts';
import { accountName } from '../../../mover/index.ts';
import { administer } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';
/** ER_NO_SUCH_USER: the definer of a trigger does not exist. */
const noDefiner = 1449;

describeEachEngine('the account that banyan’s triggers run as', (db) => {
  test('is dropped: the application’s writes fail, status says whose account is gone, and all goes on once it is back', async () => {
    await using world = await createParcelWorld(db, 20, false, 'triggers');
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.run('/v1/features/parcels/cutover', { why });
    const { user, password } = world.config.databases.service!;
    const account = accountName(user, '127.0.0.1');
    const granted = (await world.query('service', `SHOW GRANTS FOR ${account}`)).map((row) =>
      String(Object.values(row)[0]).replace(/ IDENTIFIED BY PASSWORD '[^']*'/, ''),
    );
    const write = () => world.query('service', "UPDATE parcels SET note = 'now' WHERE id = 1");
    await write();
    await administer(db.servers.b, [`DROP USER ${account}`]);
    await expect(write()).rejects.toMatchObject({ errno: noDefiner });
    await until(async () => {
      const told = tellStatus(await admin.get('/v1/status'));
      return told.some(
        ({ level, what }) =>
          level === 'bad' && what.includes('service (') && what.includes(`Access denied for user '${user}'`),
      );
    });

    await administer(db.servers.b, [`CREATE USER ${account} IDENTIFIED BY '${password}'`, ...granted]);
    await write();
    const noted = async () => (await world.query('legacy', 'SELECT note FROM parcels WHERE id = 1'))[0]?.note;
    await until(async () => (await noted()) === 'now');
    await until(async () => {
      const { unreachableDatabases, features } = await admin.get('/v1/status');
      return unreachableDatabases.length === 0 && features[0].finding === null;
    });
    expect((await admin.run('/v1/features/parcels/rollback', { why })).result.owner).toBe('legacy');
    await control.stop();
  });
});
