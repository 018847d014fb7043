import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectMove, moverPrivileges, preflight } from '../../../mover/index.ts';
import { freePorts, startPrivateServer } from '../../../scripts/servers/index.ts';
import { administer, createAccount } from '../../support/accounts.ts';
import { makeDataFolder } from '../../support/data-folder.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const good = `CREATE TABLE good (
   id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, sku VARCHAR(20) NOT NULL UNIQUE, attributes JSON NULL
 ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`;

describeEachEngine('preflight', (lane) => {
  it('finds nothing wrong with a table that can move, before and after it has', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [good], tables: ['good'] });
    await fixture.source.query("INSERT INTO good (sku) VALUES ('a')");
    expect(await preflight(fixture.spec)).toEqual([]);
    const move = await fixture.open();
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    await move.copy();
    expect(await preflight(fixture.spec)).toEqual([]);
    expect(await preflight(fixture.reverse, { targetRows: 'any' })).toEqual([]);
  });

  it('tells every fault at once', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        good,
        'CREATE TABLE stays (id INT PRIMARY KEY)',
        `CREATE TABLE child (
           id INT PRIMARY KEY, stays_id INT NULL, good_id INT NULL,
           CONSTRAINT casc FOREIGN KEY (good_id) REFERENCES good (id) ON DELETE CASCADE,
           CONSTRAINT crosses FOREIGN KEY (stays_id) REFERENCES stays (id),
           CONSTRAINT follows FOREIGN KEY (stays_id) REFERENCES stays (id) ON DELETE SET NULL)`,
        'CREATE TABLE no_key (a INT NULL, b DOUBLE NOT NULL UNIQUE)',
        `CREATE TABLE differs (
           id INT PRIMARY KEY, a INT NOT NULL, b VARCHAR(20) CHARACTER SET latin1, c INT, d VARCHAR(9) UNIQUE, e TEXT,
           UNIQUE KEY short (e(10)))`,
        'CREATE TABLE old_engine (id INT PRIMARY KEY) ENGINE = MyISAM',
        'CREATE TABLE only_here (id INT PRIMARY KEY)',
        'CREATE TRIGGER theirs BEFORE UPDATE ON good FOR EACH ROW SET NEW.sku = LOWER(NEW.sku)',
      ],
      targetSchema: [
        good,
        'CREATE TABLE child (id INT PRIMARY KEY, stays_id INT NULL, good_id INT NULL)',
        'CREATE TABLE no_key (a INT NULL, b DOUBLE NOT NULL UNIQUE)',
        `CREATE TABLE differs (
           id INT PRIMARY KEY, a BIGINT NOT NULL, b VARCHAR(20) CHARACTER SET utf8mb4, c INT NOT NULL, d VARCHAR(9), e TEXT,
           more INT)`,
        'CREATE TABLE old_engine (id INT PRIMARY KEY)',
        "INSERT INTO good (sku) VALUES ('not from here')",
      ],
      tables: ['good', 'child', 'no_key', 'differs', 'old_engine', 'only_here'],
    });
    const faults = await preflight(fixture.spec);
    const found = (code: string) => faults.filter((fault) => fault.code === code).map((fault) => fault.what);
    expect(found('BANYAN_TRIGGER_FOREIGN')).toEqual([expect.stringContaining('theirs')]);
    expect(found('BANYAN_FOREIGN_KEY_CASCADE')).toEqual([expect.stringContaining('follows')]);
    expect(found('BANYAN_FOREIGN_KEY_CROSSES')).toEqual([expect.stringContaining('crosses')]);
    expect(found('BANYAN_TABLE_NO_KEY')).toEqual([expect.stringContaining('no_key')]);
    expect(found('BANYAN_TABLE_KIND')).toEqual([expect.stringContaining('MyISAM')]);
    expect(found('BANYAN_TABLE_MISSING')).toEqual([expect.stringContaining('only_here')]);
    expect(found('BANYAN_TARGET_NOT_EMPTY')).toEqual([expect.stringContaining('good')]);
    expect(found('BANYAN_COLUMN_EXTRA')).toEqual([expect.stringContaining('more')]);
    expect(found('BANYAN_COLUMN_DIFFERS').join()).toMatch(/column a:.*column b:.*column c:/);
    expect(found('BANYAN_UNIQUE_DIFFERS')).toEqual([
      expect.stringContaining('(d)'),
      expect.stringContaining('short (e(10))'),
    ]);
    expect(faults.every((fault) => fault.fix.length > 10)).toBe(true);
    expect(new Set(faults.map((fault) => fault.code)).size).toBe(10);
  });

  it('warns of what the sides do differently, and refuses where one would refuse rows of the other', async () => {
    const tail = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        `CREATE TABLE p (id INT PRIMARY KEY) ${tail}`,
        `CREATE TABLE c (
           id INT PRIMARY KEY, n INT DEFAULT 1, at TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP, s VARCHAR(9), g INT AS (n + 1) STORED,
           p_id INT, KEY by_n (n, s), CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id), CONSTRAINT positive CHECK (n > 0)) ${tail}`,
      ],
      targetSchema: [
        `CREATE TABLE p (id INT PRIMARY KEY, CONSTRAINT low CHECK (id < 100)) ${tail}`,
        `CREATE TABLE c (
           id INT PRIMARY KEY, n INT DEFAULT 2, at TIMESTAMP NULL DEFAULT NULL, s VARCHAR(9) COLLATE utf8mb4_bin, g INT AS (n + 2) STORED,
           p_id INT) ${tail}`,
      ],
      tables: ['p', 'c'],
    });
    const { faults, warnings } = await inspectMove(fixture.spec);
    expect(faults.map((fault) => fault.code)).toEqual(['BANYAN_CHECK_DIFFERS', 'BANYAN_CHECK_DIFFERS']);
    expect(faults.map((fault) => fault.what).join('\n')).toMatch(
      /`id` < 100 is on this side only: rows of legacy.*`n` > 0 is on the other side only: rows that the service/s,
    );
    const told = warnings.map((one) => one.what).join('\n');
    for (const text of [
      'default 2',
      'ON UPDATE none',
      'computed from `n` + 2',
      'utf8mb4_bin',
      'no index by_n (n, s)',
      'foreign key c_p (to p) is missing',
    ]) {
      expect(told).toContain(text);
    }
    const ofTables = warnings.filter(({ code }) => code !== 'BANYAN_CAPTURE_EFFECTS');
    expect(ofTables.every((one) => one.code === 'BANYAN_TABLES_DEVIATE' && one.fix.length > 10)).toBe(true);
    // Of each side one about LAST_INSERT_ID(expr); of MariaDB's another about LOCK TABLES.
    expect(warnings.length - ofTables.length).toBe(lane.engine === 'mariadb' ? 4 : 2);
  });

  it('tells all that an account lacks for any step, and which server does not answer; and creates nothing', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [good], tables: ['good'] });
    const { database } = fixture.spec.source;
    await using account = await createAccount(lane.servers.a, [
      { database, table: null, privileges: ['SELECT', 'TRIGGER'], why: '' },
    ]);
    // Other tests make databases on this server meanwhile.
    const made = async () =>
      (await fixture.source.query('SHOW DATABASES LIKE ?', [fixture.spec.bookkeepingSchema]))[0];
    const faults = await preflight({
      ...fixture.spec,
      source: account.endpoint(database),
      target: { ...fixture.spec.target, port: 1 },
    });
    expect(await made()).toEqual([]);
    const lacks = faults.filter((fault) => fault.code === 'BANYAN_PRIVILEGE_MISSING');
    const text = lacks.map((fault) => fault.what).join('\n');
    expect(text).toMatch(
      lane.engine === 'mysql' ? /PROCESS, XA_RECOVER_ADMIN on \*\.\*/ : /PROCESS on \*\.\*/,
    );
    expect(text).toMatch(/INSERT, UPDATE, DELETE, ALTER on `t_\w+`\.`good`/);
    expect(text).toMatch(/SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER on `bk\\_\w+`\.\*/);
    expect(faults.map((fault) => fault.code)).toContain('BANYAN_DATABASE_UNREACHABLE');
    // Each fix works when it is pasted.
    await administer(
      lane.servers.a,
      lacks.map((fault) => fault.fix),
    );
    expect(await preflight({ ...fixture.spec, source: account.endpoint(database) })).toEqual([]);
  });

  it('tells that a server forbids triggers while its binary log is on', async () => {
    const folder = await makeDataFolder('strict');
    const [port] = (await freePorts(1)) as [number];
    const server = await startPrivateServer({
      ...{
        engine: lane.engine,
        port,
        dataDir: join(folder, 'data'),
        user: 'root2',
        password: 'x',
        serverId: 77,
      },
      trustTriggers: false,
    });
    try {
      await using fixture = await MoveFixture.create(lane, { schema: [good], tables: ['good'] });
      await administer(server, ['CREATE DATABASE strict', good.replace('TABLE good', 'TABLE strict.good')]);
      const { bookkeepingSchema } = fixture.spec;
      const needs = {
        engine: lane.engine,
        database: 'strict',
        tables: ['good'],
        bookkeepingSchema,
        makesTables: false,
      };
      await using account = await createAccount(server, moverPrivileges(needs));
      const faults = await preflight({ ...fixture.spec, source: account.endpoint('strict') });
      expect(faults.map((fault) => fault.code)).toEqual(['BANYAN_TRIGGERS_FORBIDDEN']);
      // Without the fix the very first trigger fails; with it the move works.
      await administer(server, [String(faults[0]?.fix.split(';')[0])]);
      expect(await preflight({ ...fixture.spec, source: account.endpoint('strict') })).toEqual([]);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
