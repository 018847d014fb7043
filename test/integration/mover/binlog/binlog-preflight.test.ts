import { expect, it } from 'vitest';
import { settingFaults } from '../../../../mover/capture/binlog/binlog-settings.ts';
import { inspectMove } from '../../../../mover/index.ts';
import { describeEachEngine } from '../../../support/databases.ts';
import { MoveFixture } from '../../../support/move-fixture.ts';

describeEachEngine('the preflight of a move with capture from the binary log', (lane) => {
  it('is content with the grants that are printed for it, and refuses what the log does not tell', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        'CREATE TABLE parent (id INT PRIMARY KEY)',
        `CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT falls FOREIGN KEY (p) REFERENCES parent (id)
           ON DELETE CASCADE)`,
      ],
      tables: ['parent', 'child'],
      capture: 'binlog',
    });
    const { faults } = await inspectMove(fixture.spec);
    // One for each side: a rollback swaps them.
    expect(faults.map(({ code }) => code)).toEqual([
      'BANYAN_FOREIGN_KEY_CASCADE',
      'BANYAN_FOREIGN_KEY_CASCADE',
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
