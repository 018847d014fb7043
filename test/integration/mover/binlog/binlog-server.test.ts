import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimEpoch, type Move, type MoveSpec, type MoveTuning, openMove } from '../../../../mover/index.ts';
import { freePorts, type PrivateServer, startPrivateServer } from '../../../../scripts/servers/index.ts';
import { makeDataFolder } from '../../../support/data-folder.ts';
import { type Engine, engineLane, engines } from '../../../support/databases.ts';
import { TestPoints } from '../../../support/move-fixture.ts';

const fenceNow = { lockTimeoutMs: 15_000 };

/** A server of these tests' own: it is killed, its log is purged, its commits are delayed. */
for (const engine of engines) {
  describe.skipIf(engineLane(engine) === null)(`a server whose binary log is read (${engine})`, () => {
    let folder: string;
    let port: number;
    let server: PrivateServer;
    let application: mysql.Connection;
    let count = 0;

    const start = () =>
      startPrivateServer({
        ...{ engine, port, dataDir: join(folder, 'data'), user: 'banyan', password: 'test' },
        serverId: 300 + engines.indexOf(engine as Engine),
      });
    const connect = async (database?: string) => {
      const connection = await mysql.createConnection({
        ...{ host: '127.0.0.1', port, user: 'banyan', password: 'test' },
        ...(database === undefined ? {} : { database }),
      });
      connection.on('error', () => undefined);
      return connection;
    };

    beforeAll(async () => {
      folder = await makeDataFolder('binlog-server');
      [port] = (await freePorts(1)) as [number];
      server = await start();
      application = await connect();
    }, 120_000);
    afterAll(async () => {
      application.destroy();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });

    /** Both databases on the one server: only the source's log counts here. */
    async function makeSpec(): Promise<MoveSpec> {
      count += 1;
      const databases = [`from_${count}`, `to_${count}`];
      for (const database of databases) {
        await application.query(`CREATE DATABASE ${database}`);
        await application.query(`CREATE TABLE ${database}.t (id INT PRIMARY KEY, v VARCHAR(40))`);
      }
      const endpoint = (database: string) => ({
        ...{ host: '127.0.0.1', port, user: 'banyan', password: 'test', database },
      });
      return {
        id: `test_${count}:forward`,
        source: endpoint(databases[0] as string),
        target: endpoint(databases[1] as string),
        tables: [{ table: 't' }],
        bookkeepingSchema: `books_${count}`,
        ...{ capture: 'binlog', captureBack: 'binlog' },
      };
    }

    async function open(
      spec: MoveSpec,
      points = new TestPoints(),
      tuning: Partial<MoveTuning> = {},
    ): Promise<Move> {
      return openMove(spec, { epoch: await claimEpoch(spec), points, tuning });
    }

    async function expectEqual(spec: MoveSpec): Promise<void> {
      const read = async (database: string) =>
        (await application.query({ sql: `SELECT * FROM ${database}.t ORDER BY id`, rowsAsArray: true }))[0];
      expect(await read(spec.target.database)).toEqual(await read(spec.source.database));
    }

    /** From here on each commit of the source is sent to replicas some 400 ms before anybody sees its rows. */
    async function delayVisibility(): Promise<void> {
      const settings =
        engine === 'mysql'
          ? ['sync_binlog = 0', 'binlog_group_commit_sync_delay = 400000']
          : [
              'rpl_semi_sync_master_wait_point = AFTER_SYNC',
              'rpl_semi_sync_master_wait_no_slave = ON',
              'rpl_semi_sync_master_timeout = 400',
              'rpl_semi_sync_master_enabled = ON',
            ];
      for (const setting of settings) await application.query(`SET GLOBAL ${setting}`);
    }
    async function delayNoMore(): Promise<void> {
      await application.query(
        engine === 'mysql'
          ? 'SET GLOBAL binlog_group_commit_sync_delay = 0'
          : 'SET GLOBAL rpl_semi_sync_master_enabled = OFF',
      );
    }

    /** A write of row 2 whose key is taken while plain reads show the old row; `meanwhile` runs then. */
    async function writeUnseen(
      spec: MoveSpec,
      points: TestPoints,
      meanwhile: () => Promise<void>,
    ): Promise<void> {
      const { database } = spec.source;
      const taken = Promise.withResolvers<void>();
      points.once('apply:taken', () => taken.resolve());
      const writer = await connect(database);
      await delayVisibility();
      try {
        const writing = writer.query("UPDATE t SET v = 'new' WHERE id = 2");
        await taken.promise;
        const [seen] = await application.query(`SELECT v FROM ${database}.t WHERE id = 2`);
        expect(seen).toEqual([{ v: 'old' }]);
        await meanwhile();
        await writing;
      } finally {
        await delayNoMore();
        writer.destroy();
      }
    }

    it('an event that comes before its row is visible leaves no stale row', async () => {
      const spec = await makeSpec();
      await application.query(`INSERT INTO ${spec.source.database}.t VALUES (1, 'old'), (2, 'old')`);
      const points = new TestPoints();
      const move = await open(spec, points);
      await move.installCapture();
      const applier = move.startApplying();
      await move.copy();
      await writeUnseen(spec, points, async () => {});
      await move.fence('source', fenceNow);
      await applier.drain({ deadlineMs: 20_000 });
      await expectEqual(spec);
      await move.close();
    });

    it('a chunk is read after what was taken is visible: it does not land over it with an old row', async () => {
      const spec = await makeSpec();
      await application.query(`INSERT INTO ${spec.source.database}.t VALUES (1, 'old'), (2, 'old')`);
      const points = new TestPoints();
      const tuning = { writeWith: 'infile', copyWorkers: 1, chunkRowsAtFirst: 1, chunkRowsMax: 1 } as const;
      const move = await open(spec, points, tuning);
      await move.installCapture();
      const applier = move.startApplying();
      // After the chunk of row 1 the copy waits until the key of row 2 was taken, whose own chunk is read next. That one lands once the
      // change is on the target.
      const atFirst = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      const forgotten = Promise.withResolvers<void>();
      points.once('apply:after-forget', () => forgotten.resolve());
      points.once('copy:range-cleared', async () => {
        atFirst.resolve();
        await go.promise;
      });
      points.at('copy:after-read', ({ first }) => (first === true ? undefined : forgotten.promise));
      const copying = move.copy();
      await atFirst.promise;
      await writeUnseen(spec, points, async () => go.resolve());
      await copying;
      await move.fence('source', fenceNow);
      await applier.drain({ deadlineMs: 20_000 });
      await expectEqual(spec);
      await move.close();
    });

    it('goes on where it was after the server was killed, over several files of the log', async () => {
      const spec = await makeSpec();
      const { database } = spec.source;
      await application.query(`INSERT INTO ${database}.t VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
      const move = await open(spec);
      await move.installCapture();
      const applier = move.startApplying();
      await move.copy();
      for (let round = 0; round < 3; round += 1) {
        await application.query(`UPDATE ${database}.t SET v = 'round ${round}' WHERE id = 1`);
        await application.query('FLUSH BINARY LOGS');
      }
      process.kill(server.pid, 'SIGKILL');
      await server.ended;
      server = await start();
      application = await connect();
      await application.query(`UPDATE ${database}.t SET v = 'after the crash' WHERE id = 2`);
      await application.query(`DELETE FROM ${database}.t WHERE id = 3`);
      await move.fence('source', fenceNow);
      await applier.drain({ deadlineMs: 30_000 });
      await expectEqual(spec);
      await move.close();
    });

    it('says that its place in the log was purged; only a copy heals that', async () => {
      const spec = await makeSpec();
      const { database } = spec.source;
      await application.query(`INSERT INTO ${database}.t VALUES (1, 'a')`);
      const first = await open(spec);
      await first.installCapture();
      await first.close();
      await application.query(`UPDATE ${database}.t SET v = 'b' WHERE id = 1`);
      await application.query('FLUSH BINARY LOGS');
      const files = async () => {
        const [logs] = await application.query<mysql.RowDataPacket[]>('SHOW BINARY LOGS');
        return logs.map(({ Log_name: name }) => name as string);
      };
      const purge = async () => {
        await application.query(`PURGE BINARY LOGS TO '${(await files()).at(-1)}'`);
        return (await files()).length;
      };
      // A server keeps the file that a thread still reads, until it notices that the replica is gone.
      await expect.poll(purge, { timeout: 30_000 }).toBe(1);
      const second = await open(spec);
      expect(await second.captureState()).toBe('broken');
      const applier = second.startApplying();
      expect(await applier.failed).toMatchObject({ code: 'BANYAN_BINLOG_LOST' });
      await second.close();
      const third = await open(spec);
      await third.dropCapture();
      await third.installCapture();
      const applies = third.startApplying();
      await third.copy();
      await third.fence('source', fenceNow);
      await applies.drain({ deadlineMs: 20_000 });
      await expectEqual(spec);
      await third.close();
    });

    it('reads rows of 17 MB, of its table and of others, whether events have checksums or not', async () => {
      const spec = await makeSpec();
      const from = spec.source.database;
      for (const database of [from, spec.target.database])
        await application.query(`ALTER TABLE ${database}.t ADD big LONGBLOB`);
      await application.query(`CREATE TABLE ${from}.other (id INT PRIMARY KEY, big LONGBLOB)`);
      await application.query('SET GLOBAL max_allowed_packet = 67108864');
      const move = await open(spec);
      const writer = await connect(from);
      try {
        await move.installCapture();
        const applier = move.startApplying();
        await move.copy();
        for (const [id, checksum] of ['NONE', 'CRC32'].entries()) {
          // Each begins a file of the log.
          await application.query(`SET GLOBAL binlog_checksum = ${checksum}`);
          await writer.query(`REPLACE INTO other VALUES (${id}, REPEAT('o', 17000000))`);
          await writer.query('INSERT INTO t (id, v) VALUES (?, ?)', [10 + id, checksum]);
        }
        await writer.query("REPLACE INTO t VALUES (1, 'long', REPEAT('t', 17000000)), (2, 'short', 'x')");
        await writer.query("UPDATE t SET v = 'long again' WHERE id = 1");
        await move.fence('source', fenceNow);
        await applier.drain({ deadlineMs: 60_000 });
        await expectEqual(spec);
      } finally {
        writer.destroy();
        await move.close();
      }
    });

    it('a transaction that was compressed in the midst of a move stops it; what it changed is not passed over', async () => {
      const spec = await makeSpec();
      const { database } = spec.source;
      await application.query(`INSERT INTO ${database}.t VALUES (1, 'a'), (2, 'b')`);
      const move = await open(spec);
      await move.installCapture();
      const applier = move.startApplying();
      await move.copy();
      const turn = (on: 'ON' | 'OFF') =>
        application.query(
          engine === 'mysql'
            ? `SET SESSION binlog_transaction_compression = ${on}`
            : `SET GLOBAL log_bin_compress = ${on}, log_bin_compress_min_len = ${on === 'ON' ? 10 : 256}`,
        );
      await turn('ON');
      try {
        await application.query(`UPDATE ${database}.t SET v = REPEAT('c', 40) WHERE id = 1`);
      } finally {
        await turn('OFF');
      }
      expect(await applier.failed).toMatchObject({ code: 'BANYAN_BINLOG_UNREADABLE' });
      await expect.poll(() => move.captureState(), { timeout: 10_000 }).toBe('broken');
      await move.close();
    });
  });
}
