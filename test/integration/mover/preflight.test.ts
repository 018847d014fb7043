import { expect, it } from 'vitest';
import { preflight } from '../../../mover/index.ts';
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
           CONSTRAINT crosses FOREIGN KEY (stays_id) REFERENCES stays (id))`,
        'CREATE TABLE no_key (a INT NULL, b FLOAT NOT NULL UNIQUE)',
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
        'CREATE TABLE no_key (a INT NULL, b FLOAT NOT NULL UNIQUE)',
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
    expect(found('BANYAN_FOREIGN_KEY_CASCADE')).toEqual([expect.stringContaining('casc')]);
    expect(found('BANYAN_FOREIGN_KEY_CROSSES')).toEqual([expect.stringContaining('crosses')]);
    expect(found('BANYAN_TABLE_NO_KEY')).toEqual([expect.stringContaining('no_key')]);
    expect(found('BANYAN_TABLE_KIND')).toEqual([expect.stringContaining('MyISAM')]);
    expect(found('BANYAN_TABLE_MISSING')).toEqual([expect.stringContaining('only_here')]);
    expect(found('BANYAN_TARGET_NOT_EMPTY')).toEqual([expect.stringContaining('good')]);
    expect(found('BANYAN_COLUMN_EXTRA')).toEqual([expect.stringContaining('more')]);
    expect(found('BANYAN_COLUMN_DIFFERS').join()).toMatch(/column a:.*column b:.*column c:/);
    expect(found('BANYAN_UNIQUE_DIFFERS')).toEqual([expect.stringContaining('(d)')]);
    expect(found('BANYAN_UNIQUE_UNSUPPORTED')).toEqual([expect.stringContaining('short')]);
    expect(faults.every((fault) => fault.fix.length > 10)).toBe(true);
    expect(new Set(faults.map((fault) => fault.code)).size).toBe(11);
  });

  it('tells what a user lacks, and which server does not answer', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [good], tables: ['good'] });
    const user = `u${fixture.spec.source.database}`.slice(0, 30);
    const { database } = fixture.spec.source;
    await fixture.source.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`);
    try {
      await fixture.source.query(`GRANT SELECT, TRIGGER ON \`${database}\`.* TO '${user}'@'%'`);
      const faults = await preflight({
        ...fixture.spec,
        source: { ...fixture.spec.source, user, password: 'secret' },
        target: { ...fixture.spec.target, port: 1 },
      });
      const lacks = faults
        .filter((fault) => fault.code === 'BANYAN_PRIVILEGE_MISSING')
        .map((fault) => fault.what);
      expect(lacks.join('\n')).toMatch(/PROCESS on \*\.\*/);
      expect(lacks.join('\n')).toMatch(/INSERT, UPDATE, DELETE, ALTER on `t_\w+`\.`good`/);
      expect(faults.map((fault) => fault.code)).toContain('BANYAN_BOOKKEEPING_REFUSED');
      expect(faults.map((fault) => fault.code)).toContain('BANYAN_DATABASE_UNREACHABLE');
    } finally {
      await fixture.source.query(`DROP USER '${user}'@'%'`);
    }
  });

  it('tells that a server forbids triggers while its binary log is on', async () => {
    await using fixture = await MoveFixture.create(lane, { schema: [good], tables: ['good'] });
    const [trusts] = await fixture.source.query(
      'SELECT @@log_bin AS log, @@log_bin_trust_function_creators AS trust',
    );
    expect(trusts).toEqual([{ log: 1, trust: 0 }]);
    const user = `u${fixture.spec.source.database}`.slice(0, 30);
    await fixture.source.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`);
    try {
      const rights = 'SELECT, INSERT, UPDATE, DELETE, TRIGGER, ALTER, PROCESS, CREATE, DROP';
      await fixture.source.query(`GRANT ${rights} ON *.* TO '${user}'@'%'`);
      const faults = await preflight({
        ...fixture.spec,
        source: { ...fixture.spec.source, user, password: 'secret' },
      });
      expect(faults.map((fault) => fault.code)).toEqual(['BANYAN_TRIGGERS_FORBIDDEN']);
    } finally {
      await fixture.source.query(`DROP USER '${user}'@'%'`);
    }
  });
});
