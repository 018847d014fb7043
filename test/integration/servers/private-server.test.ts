import mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { startPrivateServer } from '../../../scripts/servers/index.ts';
import { describeEachEngine } from '../../support/databases.ts';

describeEachEngine('a private server', (lane) => {
  it('is the engine it says, and its two servers are separate', async () => {
    const versions = await Promise.all(
      [lane.servers.a, lane.servers.b].map(async (server) => {
        const connection = await mysql.createConnection({ ...server });
        const [rows] = await connection.query<mysql.RowDataPacket[]>(
          'SELECT VERSION() AS version, @@port AS port',
        );
        await connection.end();
        return rows[0] as { version: string; port: number };
      }),
    );
    for (const { version } of versions) expect(/mariadb/i.test(version)).toBe(lane.engine === 'mariadb');
    expect(versions.map((server) => server.port)).toEqual([lane.servers.a.port, lane.servers.b.port]);
  });

  it('keeps its temporary files to itself: a starting server deletes those of others', async () => {
    const folders = await Promise.all(
      [lane.servers.a, lane.servers.b].map(async (server) => {
        const connection = await mysql.createConnection({ ...server });
        const [rows] = await connection.query<mysql.RowDataPacket[]>('SELECT @@tmpdir AS folder');
        await connection.end();
        return String(rows[0]?.folder);
      }),
    );
    for (const folder of folders) expect(folder).toMatch(/\.tmp$/);
    expect(folders[0]).not.toBe(folders[1]);
  });

  it('refuses a taken port before it makes anything', async () => {
    const start = startPrivateServer({
      engine: lane.engine,
      dataDir: '/nonexistent/never-made',
      port: lane.servers.a.port,
      user: 'banyan',
      password: 'x',
      serverId: 1,
    });
    await expect(start).rejects.toMatchObject({ code: 'BANYAN_PORT_TAKEN' });
  });

  it('gives each test a database of its own and drops it', async () => {
    let name: string;
    {
      await using database = await lane.createDatabase('a');
      name = database.database;
    }
    const connection = await mysql.createConnection({ ...lane.servers.a });
    const [rows] = await connection.query<mysql.RowDataPacket[]>('SHOW DATABASES LIKE ?', [name]);
    await connection.end();
    expect(rows).toEqual([]);
  });
});
