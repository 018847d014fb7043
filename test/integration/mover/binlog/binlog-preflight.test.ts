import { expect, it } from 'vitest';
import { settingFaults } from '../../../../mover/capture/binlog/binlog-settings.ts';
import { inspectMove } from '../../../../mover/index.ts';
import { describeEachEngine } from '../../../support/databases.ts';
import { MoveFixture } from '../../../support/move-fixture.ts';

describeEachEngine('the preflight of a move with capture from the binary log', (lane) => {
  it('is content with the grants that are printed for it, and takes keys that cascade where the log tells their rows', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        'CREATE TABLE parent (id INT PRIMARY KEY)',
        `CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT falls FOREIGN KEY (p) REFERENCES parent (id)
           ON DELETE CASCADE ON UPDATE CASCADE)`,
        `CREATE TABLE grandchild (id INT PRIMARY KEY, c INT, CONSTRAINT loses FOREIGN KEY (c) REFERENCES child (id)
           ON DELETE SET NULL)`,
      ],
      tables: ['parent', 'child', 'grandchild'],
      capture: 'binlog',
    });
    const { source } = fixture;
    const { faults } = await inspectMove(fixture.spec);
    const cascade = 'BANYAN_FOREIGN_KEY_CASCADE';
    // Two for each side: a rollback swaps them.
    expect(faults.map(({ code }) => code)).toEqual(
      lane.engine === 'mariadb' ? [cascade, cascade, cascade, cascade] : [],
    );
    if (faults.length > 0) {
      // A move that is under way and is resumed with this capture has no preflight.
      const blind = await fixture.open();
      await expect(blind.installCapture()).rejects.toMatchObject({ code: cascade });
      expect(await blind.captureState()).toBe('none');
      return;
    }
    await source.query('INSERT INTO parent VALUES (1), (2), (3)');
    await source.query('INSERT INTO child VALUES (10, 1), (11, 1), (20, 2), (30, 3)');
    await source.query('INSERT INTO grandchild VALUES (100, 10), (101, 11), (200, 20), (300, 30)');
    const move = await fixture.open();
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await source.query('DELETE FROM parent WHERE id = 1');
    await source.query('UPDATE parent SET id = 7 WHERE id = 2');
    await move.fence('source', { lockTimeoutMs: 15_000 });
    await applier.drain({ deadlineMs: 20_000 });
    for (const table of ['parent', 'child', 'grandchild']) {
      const { source: here, target: there } = await fixture.bothSides(table);
      expect(there).toEqual(here);
    }
    const { target } = await fixture.bothSides('grandchild');
    expect(target).toEqual([
      ['100', null],
      ['101', null],
      ['200', '20'],
      ['300', '30'],
    ]);
  });

  it('tells the privileges that reading the log needs', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: ['CREATE TABLE t (id INT PRIMARY KEY)'],
      tables: ['t'],
      capture: 'triggers',
    });
    const { faults } = await inspectMove({ ...fixture.spec, capture: 'binlog' });
    expect(faults).toEqual([expect.objectContaining({ code: 'BANYAN_PRIVILEGE_MISSING' })]);
    expect(faults[0]?.fix).toMatch(
      /^GRANT REPLICATION SLAVE, (REPLICATION CLIENT|BINLOG MONITOR) ON \*\.\* TO /,
    );
  });
});

it('names each setting that keeps changes from being read, with the statement that cures it', () => {
  const endpoint = { host: 'h', port: 1, user: '', password: '', database: '' };
  const faults = settingFaults(endpoint, {
    log_bin: 'ON',
    binlog_format: 'MIXED',
    binlog_row_image: 'minimal',
    binlog_row_value_options: 'PARTIAL_JSON',
    binlog_transaction_compression: 'ON',
    log_bin_compress: 'ON',
    binlog_order_commits: 'OFF',
    binlog_expire_logs_seconds: '3600',
  });
  expect(faults).toHaveLength(7);
  for (const { code, fix } of faults) {
    expect(code).toBe('BANYAN_BINLOG_SETTINGS');
    expect(fix).toMatch(/^SET GLOBAL \w+ = /);
  }
  expect(settingFaults(endpoint, { log_bin: 'OFF' })).toHaveLength(1);
  expect(settingFaults(endpoint, { log_bin: 'ON', binlog_format: 'ROW', binlog_row_image: 'FULL' })).toEqual(
    [],
  );
});
