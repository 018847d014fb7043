import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOptions } from '../../../common/connection-options.ts';
import type { DatabaseEndpoint, DatabaseTls } from '../../../common/database-endpoint.ts';
import { connectState } from '../../../control/store/connect-state.ts';
import { migrateState } from '../../../control/store/migrate-state.ts';
import { type CaptureKind, claimEpoch, inspectMove, type MoveSpec, openMove } from '../../../mover/index.ts';
import { freePorts, type PrivateServer, startPrivateServer } from '../../../scripts/servers/index.ts';
import { makeDataFolder } from '../../support/data-folder.ts';
import { type Engine, engineLane, engines } from '../../support/databases.ts';
import { certificates } from '../../support/router/certificates.ts';

const serverName = 'db.banyan.test';

/** A server of these tests' own: it takes encrypted connections only. */
for (const engine of engines) {
  describe.skipIf(engineLane(engine) === null)(`databases behind TLS (${engine})`, () => {
    let folder: string;
    let made: Awaited<ReturnType<typeof certificates>>;
    let server: PrivateServer;
    let application: mysql.Connection;
    let tls: DatabaseTls;
    let strange: string;

    const endpoint = (database: string, over: Partial<DatabaseEndpoint> = {}): DatabaseEndpoint => ({
      ...{ host: '127.0.0.1', port: server.port, user: 'banyan', password: 'test', database, tls },
      ...over,
    });

    beforeAll(async () => {
      folder = await makeDataFolder('database-tls');
      made = await certificates();
      const authority = await made.selfSigned('authority');
      strange = (await made.selfSigned('strange')).certFile;
      const subject = `DNS:${serverName},DNS:localhost`;
      const { keyFile, certFile } = await made.signed('server', authority, { subject });
      const own = await made.signed('banyan', authority, { subject: 'DNS:banyan' });
      const caFile = authority.certFile;
      tls = { caFile, serverName, certFile: own.certFile, keyFile: own.keyFile };
      const [port] = (await freePorts(1)) as [number];
      server = await startPrivateServer({
        ...{ engine, port, dataDir: join(folder, 'data'), user: 'banyan', password: 'test' },
        serverId: 320 + engines.indexOf(engine as Engine),
        tls: { keyFile, certFile, caFile },
      });
      const plain = { host: '127.0.0.1', port, user: 'banyan', password: 'test' };
      const first = await mysql.createConnection(plain);
      await first.query('SET GLOBAL require_secure_transport = ON');
      await first.end();
      // MySQL says why, MariaDB says nothing but that the account has no access.
      await expect(mysql.createConnection(plain)).rejects.toThrow(/insecure transport|Access denied/);
      const { database: _, ...options } = connectionOptions(endpoint(''));
      application = await mysql.createConnection(options);
    }, 120_000);
    afterAll(async () => {
      application.destroy();
      await server.stop();
      await made[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    it.each(['triggers', 'binlog'] as const)(
      'carries a table over with capture by %s',
      async (capture: CaptureKind) => {
        const names = [`from_${capture}`, `to_${capture}`] as const;
        for (const name of names) {
          await application.query(`CREATE DATABASE ${name}`);
          await application.query(`CREATE TABLE ${name}.t (id INT PRIMARY KEY, v LONGTEXT)`);
        }
        const [from, to] = names;
        await application.query(
          `INSERT INTO ${from}.t VALUES (1, 'one'), (2, REPEAT('x', 1000000)), (3, NULL)`,
        );
        // By the name in the certificate, and by a name that is the host itself.
        const { serverName: _, ...byHost } = tls;
        const spec: MoveSpec = {
          id: `tls_${capture}:forward`,
          ...{ source: endpoint(from), target: endpoint(to, { host: 'localhost', tls: byHost }) },
          ...{ bookkeepingSchema: `banyan_${capture}`, tables: [{ table: 't' }], capture },
        };
        await application.query(`CREATE DATABASE ${spec.bookkeepingSchema}`);
        expect((await inspectMove(spec)).faults).toEqual([]);
        const writeWith = engine === 'mariadb' ? 'bulk' : 'infile';
        const move = await openMove(spec, { epoch: await claimEpoch(spec), tuning: { writeWith } });
        await move.installCapture();
        const applier = move.startApplying();
        await move.copy();
        await application.query(`UPDATE ${from}.t SET v = REPEAT('y', 3000000) WHERE id = 2`);
        await application.query(`INSERT INTO ${from}.t VALUES (4, 'four')`);
        await move.fence('source', { lockTimeoutMs: 15_000 });
        await applier.drain({ deadlineMs: 30_000 });
        expect(await move.verify()).toMatchObject({ rowsCompared: 4, different: 0, unsettled: 0 });
        await move.close();
      },
    );

    it('keeps its own state there', async () => {
      const state = endpoint('banyan_state');
      await migrateState(state);
      const knex = connectState(state);
      try {
        const [[row]] = await knex.raw("SHOW STATUS LIKE 'Ssl_version'");
        expect(row.Value).toMatch(/^TLSv1\.[23]$/);
      } finally {
        await knex.destroy();
      }
    });

    it('is not had by another certificate than the one that is meant, and not without a file', async () => {
      const why = async (over: Partial<DatabaseTls>) => {
        const connecting = (async () =>
          mysql.createConnection(connectionOptions(endpoint('mysql', { tls: { ...tls, ...over } }))))();
        return connecting.then(
          () => 'connected',
          ({ code, message }: NodeJS.ErrnoException) => `${code}: ${message}`,
        );
      };
      expect(await why({})).toBe('connected');
      expect(await why({ caFile: strange })).toMatch(/^HANDSHAKE_SSL_ERROR: /);
      expect(await why({ serverName: 'another.banyan.test' })).toMatch(/another\.banyan\.test/);
      expect(await why({ caFile: '/nowhere/ca.pem' })).toMatch(/^ENOENT: .*\/nowhere\/ca\.pem/);
    });
  });
}
