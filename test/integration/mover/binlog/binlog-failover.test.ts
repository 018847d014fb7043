import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimEpoch, type Move, type MoveSpec, openMove } from '../../../../mover/index.ts';
import { freePorts, type PrivateServer, startPrivateServer } from '../../../../scripts/servers/index.ts';
import { makeDataFolder } from '../../../support/data-folder.ts';
import { engineLane, engines } from '../../../support/databases.ts';
import { type Switchboard, startSwitchboard } from '../../../support/switchboard.ts';

const fenceNow = { lockTimeoutMs: 15_000 };

/** A source and its replica, at one address that leads to the one or the other. */
for (const engine of engines) {
  const lane = engineLane(engine);
  describe.skipIf(lane === null)(`a failover of the server whose binary log is read (${engine})`, () => {
    const database = `from_${randomBytes(4).toString('hex')}`;
    const servers: PrivateServer[] = [];
    const direct: mysql.Connection[] = [];
    let folder: string;
    let address: Switchboard;
    let spec: MoveSpec;
    let primary = 0;

    const account = { host: '127.0.0.1', user: 'banyan', password: 'test' };
    const start = (index: number, port: number) =>
      startPrivateServer({
        ...{ engine, port, dataDir: join(folder, `data-${index}`), user: 'banyan', password: 'test' },
        ...{ serverId: 310 + 2 * engines.indexOf(engine) + index, logsWhatItReplicates: true },
      });
    const on = (index: number, sql: string) => (direct[index] as mysql.Connection).query<never>(sql);
    const ask = async (index: number, sql: string) => {
      const [rows] = await (direct[index] as mysql.Connection).query({ sql, rowsAsArray: true });
      return (rows as unknown as unknown[][])[0]?.[0];
    };
    const connect = async (port: number) => {
      const connection = await mysql.createConnection({ ...account, port, multipleStatements: true });
      connection.on('error', () => undefined);
      return connection;
    };

    async function replicate(from: number, to: number): Promise<void> {
      const { port } = servers[from] as PrivateServer;
      const login = (word: string) =>
        `${word}_HOST = '127.0.0.1', ${word}_PORT = ${port}, ${word}_USER = 'banyan', ${word}_PASSWORD = 'test'`;
      if (engine === 'mysql') {
        await on(
          to,
          `CHANGE REPLICATION SOURCE TO ${login('SOURCE')}, SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1`,
        );
        await on(to, 'START REPLICA');
      } else {
        await on(to, 'SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_binlog_pos');
        await on(to, `CHANGE MASTER TO ${login('MASTER')}, MASTER_USE_GTID = slave_pos`);
        await on(to, 'START SLAVE');
      }
    }

    async function caughtUp(from: number, to: number): Promise<void> {
      if (engine === 'mysql') {
        const executed = String(await ask(from, 'SELECT @@GLOBAL.gtid_executed'));
        expect(await ask(to, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${executed}', 30)`)).toBe(0);
      } else {
        const position = String(await ask(from, 'SELECT @@GLOBAL.gtid_binlog_pos'));
        expect(await ask(to, `SELECT MASTER_GTID_WAIT('${position}', 30)`)).toBe(0);
      }
    }

    /** The other server takes the place of the primary, which is killed. */
    async function failOver(options: { readonly lagging?: boolean } = {}): Promise<void> {
      const [from, to] = [primary, 1 - primary];
      address.leadTo(null);
      if (!options.lagging) {
        // What it committed after the look at its position would be on no other server.
        await on(from, 'FLUSH TABLES WITH READ LOCK');
        await caughtUp(from, to);
      }
      const server = servers[from] as PrivateServer;
      process.kill(server.pid, 'SIGKILL');
      await server.ended;
      await on(to, engine === 'mysql' ? 'STOP REPLICA; RESET REPLICA ALL' : 'STOP SLAVE; RESET SLAVE ALL');
      primary = to;
      address.leadTo((servers[to] as PrivateServer).port);
    }

    /** The server that was killed comes back as a replica of the other. */
    async function comeBack(): Promise<void> {
      const index = 1 - primary;
      const { port } = servers[index] as PrivateServer;
      direct[index]?.destroy();
      servers[index] = await start(index, port);
      direct[index] = await connect(port);
      await replicate(primary, index);
      await caughtUp(primary, index);
    }

    const open = async (): Promise<Move> => openMove(spec, { epoch: await claimEpoch(spec) });
    const write = (sql: string) => on(primary, sql.replaceAll(/\bt\b/g, `${database}.t`));

    /** The applier, begun again after a lost connection, as the runner of a move does. */
    async function drain(move: Move): Promise<void> {
      for (;;) {
        const applier = move.startApplying();
        try {
          await applier.drain({ deadlineMs: 30_000 });
          return;
        } catch (error) {
          if (!/CONNECTION|ECONN|ETIMEDOUT/.test((error as { code?: string }).code ?? '')) throw error;
          await wait(50);
        } finally {
          await applier.stop().catch(() => undefined);
        }
      }
    }

    async function expectEqual(): Promise<void> {
      const target = await mysql.createConnection(spec.target);
      try {
        const [there] = await target.query('SELECT * FROM t ORDER BY id');
        const [here] = await on(primary, `SELECT * FROM ${database}.t ORDER BY id`);
        expect(there).toEqual(here);
      } finally {
        await target.end();
      }
    }

    beforeAll(async () => {
      folder = await makeDataFolder('binlog-failover');
      const ports = await freePorts(2);
      servers.push(...(await Promise.all(ports.map((port, index) => start(index, port)))));
      for (const { port } of servers) direct.push(await connect(port));
      await replicate(0, 1);
      address = await startSwitchboard((servers[0] as PrivateServer).port);
      const target = (lane as NonNullable<typeof lane>).servers.b;
      const admin = await mysql.createConnection({ ...target });
      await admin.query(`CREATE DATABASE ${database}`);
      await admin.query(`CREATE TABLE ${database}.t (id INT PRIMARY KEY, v VARCHAR(40))`);
      await admin.end();
      await on(0, `CREATE DATABASE ${database}`);
      await write('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))');
      // All that is in the files of the replica, and must not be taken for something that happens to the move.
      await write("INSERT INTO t VALUES (1, 'too early'); TRUNCATE TABLE t");
      await write(
        `INSERT INTO t VALUES ${Array.from({ length: 50 }, (_, n) => `(${n + 1}, 'first')`).join(', ')}`,
      );
      spec = {
        id: `${database}:forward`,
        source: { ...account, port: address.port, database },
        target: { ...target, database },
        tables: [{ table: 't' }],
        bookkeepingSchema: `books_${database}`,
        ...{ capture: 'binlog', captureBack: 'binlog' },
      };
    }, 120_000);
    afterAll(async () => {
      await address?.[Symbol.asyncDispose]();
      for (const connection of direct) connection.destroy();
      for (const server of servers) await server.stop();
      await rm(folder, { recursive: true, force: true });
      const admin = await mysql.createConnection({ ...(lane as NonNullable<typeof lane>).servers.b });
      await admin.query(`DROP DATABASE IF EXISTS ${database}`);
      await admin.query(`DROP DATABASE IF EXISTS books_${database}`);
      await admin.end();
    });

    it('goes on by the ids of transactions: after what a stopped mover missed, and in the midst of writes', async () => {
      const first = await open();
      await first.installCapture();
      await first.copy();
      await drain(first);
      await first.close();
      // Nobody reads these while their server lives.
      await write(
        "UPDATE t SET v = 'missed' WHERE id <= 5; DELETE FROM t WHERE id = 6; INSERT INTO t VALUES (101, 'missed')",
      );
      await on(primary, 'FLUSH BINARY LOGS');
      await write("UPDATE t SET v = 'in another file' WHERE id = 7");
      await failOver();
      await write("UPDATE t SET v = 'on the new one' WHERE id = 8");
      const second = await open();
      expect(await second.captureState()).toBe('complete');
      await drain(second);
      await expectEqual();

      await comeBack();
      const applier = second.startApplying();
      const failed = applier.failed.catch(() => undefined);
      let writes = true;
      const writing = (async () => {
        for (let n = 0; writes; n += 1) {
          const row = 1 + (n % 40);
          await write(
            `REPLACE INTO t VALUES (${row}, 'w${n}'); INSERT INTO t VALUES (${1_000 + n}, 'n')`,
          ).catch(() => wait(5));
        }
      })();
      await wait(300);
      await failOver();
      await wait(300);
      writes = false;
      await writing;
      await Promise.race([failed, wait(100)]);
      await applier.stop().catch(() => undefined);
      await drain(second);
      expect(await second.verify()).toMatchObject({ different: 0, unsettled: 0 });
      await second.fence('source', fenceNow);
      await drain(second);
      await expectEqual();
      await second.openFence('source');
      await second.close();
    }, 60_000);

    it('tells of a replica that lagged, of a log that was reset, and of a server whose ids are not known', async () => {
      const move = await open();
      await drain(move);
      await comeBack();
      await on(1 - primary, engine === 'mysql' ? 'STOP REPLICA' : 'STOP SLAVE');
      await write("UPDATE t SET v = 'never replicated' WHERE id = 9");
      await drain(move);
      await failOver({ lagging: true });
      // The record of the log is as old as the replica: that the target has more is told by what both have counted.
      await expect(drain(move)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_RESTORED' });
      await move.close();

      await on(primary, engine === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
      const reset = await open();
      expect(await reset.captureState()).toBe('broken');
      await expect(reset.checkFingerprint()).rejects.toMatchObject({
        code: 'BANYAN_BINLOG_LOST',
        message: expect.stringMatching(/this server lacks transactions that were read from the binary log: /),
      });
      await reset.close();

      // The move may have read on here before it was told that the server lags.
      await on(
        primary,
        `UPDATE ${spec.bookkeepingSchema}.mover_binlog SET gtids = NULL, broken = NULL, server = 'the one before'`,
      );
      const unknown = await open();
      expect(await unknown.captureState()).toBe('broken');
      await expect(unknown.checkFingerprint()).rejects.toMatchObject({
        code: 'BANYAN_BINLOG_LOST',
        message: expect.stringMatching(/another server than before .*ids of its transactions are not known/),
      });
      await unknown.close();
    }, 60_000);
  });
}
