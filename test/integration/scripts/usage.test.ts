import mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { pastUsage } from '../../../control/usage/past-usage.ts';
import { watchUsage } from '../../../control/usage/watch-usage.ts';
import { moverPrivileges } from '../../../mover/index.ts';
import { createAccount } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { roomForDigests } from '../../support/room-for-digests.ts';

const { signal } = new AbortController();

describeEachEngine('who writes and reads tables', (lane) => {
  it('is told by account, host and statement, without values, to the account of the documented grants', async () => {
    await using shop = await lane.createDatabase('a');
    const { database } = shop;
    const tables = ['products'];
    await using app = await createAccount(lane.servers.a, [
      { database, table: null, privileges: ['SELECT', 'INSERT', 'UPDATE'], why: 'it is its application' },
    ]);
    const admin = await mysql.createConnection({ ...shop });
    await admin.query('CREATE TABLE products (id INT PRIMARY KEY, name VARCHAR(50))');
    await admin.query("INSERT INTO products VALUES (1, 'a'), (2, 'b')");
    await using banyan = await createAccount(
      lane.servers.a,
      moverPrivileges({
        ...{
          engine: lane.engine,
          database,
          tables,
          bookkeepingSchema: `${database}_books`,
          makesTables: false,
        },
      }),
    );
    const client = await mysql.createConnection({ ...app.endpoint(database) });
    const worked: Promise<unknown>[] = [];
    const watch = (access: 'read' | 'write', work: () => Promise<unknown>) =>
      watchUsage(banyan.endpoint(database), tables, {
        ...{ access, forMs: 300, signal },
        onSample: () => void worked.push(work()),
      });
    try {
      if (lane.engine === 'mysql') {
        await roomForDigests(admin);
        const write = () => client.query("UPDATE products SET name = 'a secret' WHERE id = 1");
        const usage = await watch('write', write);
        expect(usage.source).toBe('history');
        const [entry] = usage.entries.filter(({ user }) => user === app.user);
        expect(entry).toMatchObject({ own: false, tables, statement: expect.stringContaining('UPDATE') });
        expect(entry!.host).toMatch(/^(127\.0\.0\.1|localhost)$/);
        expect(entry!.executions).toBeGreaterThanOrEqual(entry!.seen - 1);
        expect(JSON.stringify(usage)).not.toContain('secret');
        expect((await watch('read', write)).entries).toEqual([]);
        const past = (access: 'read' | 'write') =>
          pastUsage(banyan.endpoint(database), tables, { access, withinSeconds: 60 });
        const { entries } = await past('write');
        const [update] = entries.filter(({ statement }) => statement.startsWith('UPDATE'));
        expect(update).toMatchObject({ tables, accounts: [expect.stringContaining(`${app.user}@`)] });
        expect(update!.executions).toBeGreaterThanOrEqual(entry!.seen);
        expect(update!.lastSeenSecondsAgo).toBeLessThan(60);
        expect(JSON.stringify(entries)).not.toContain('secret');
        expect((await past('read')).entries).toEqual([]);
      } else {
        // Without a performance schema only what runs in the instant of a sample is seen: this runs until it is killed.
        const lasting = client
          .query("UPDATE products SET name = CONCAT('a secret', SLEEP(60)) WHERE id = 1")
          .catch((error: { errno: number }) => error.errno);
        const running = async () =>
          (await admin.query<mysql.RowDataPacket[]>('SHOW PROCESSLIST'))[0].some(({ Info }) =>
            String(Info).includes(`'a secret', SLEEP`),
          );
        await expect.poll(running).toBe(true);
        const usage = await watch('write', async () => undefined);
        await admin.query(`KILL ${client.threadId}`);
        await lasting;
        expect(usage.source).toBe('processlist');
        expect(usage.entries).toEqual([
          expect.objectContaining({ user: app.user, own: false, tables, seen: 1, executions: null }),
        ]);
        expect(usage.entries[0]!.statement).toContain('CONCAT(?, SLEEP(?))');
        expect(usage.unseen.join()).toContain('performance_schema is off');
        await expect(
          pastUsage(banyan.endpoint(database), tables, { access: 'write', withinSeconds: 60 }),
        ).rejects.toMatchObject({ code: 'BANYAN_USAGE_NOT_KEPT' });
        expect(JSON.stringify(usage)).not.toContain('secret');
      }
      await Promise.all(worked);
    } finally {
      client.destroy();
      admin.destroy();
    }
  });
});
