import { describe, expect, it } from 'vitest';
import { databaseTrouble } from '../../../common/database-trouble.ts';
import { BanyanError, describeError } from '../../../common/errors.ts';
import { mayPass } from '../../../control/runner/may-pass.ts';

const failed = (message: string, facts: object) => Object.assign(new Error(message), facts);

const passing = [
  ['lost', failed('read ECONNRESET', { code: 'ECONNRESET' })],
  ['lost', failed('Too many connections', { code: 'ER_CON_COUNT_ERROR', errno: 1040 })],
  ['lost', failed("Can't add new command when connection is in closed state", {})],
  ['refuses', failed('The MariaDB server is running with the --read-only option', { errno: 1290 })],
  ['refuses', failed('The MySQL server is running with the --super-read-only option', { errno: 1290 })],
  ['refuses', failed('Running in read-only mode', { errno: 1836 })],
  ['refuses', failed('Disk full', { errno: 1021 })],
  [
    'refuses',
    failed('Error writing file \'./banyan/t.frm\' (Errcode: 28 "No space left on device")', { errno: 3 }),
  ],
  [
    'refuses',
    failed('Can\'t create table `banyan`.`t` (errno: 28 "No space left on device")', { errno: 1005 }),
  ],
  ['refuses', failed('Got error 28 from storage engine', { errno: 1030 })],
  ['locked', failed('Deadlock found', { errno: 1213 })],
] as const;

describe('a database that is in no state to serve', () => {
  it.each(passing)('is told apart: %s', (trouble, error) => {
    expect(databaseTrouble(error)).toBe(trouble);
    expect(describeError(error).code).toMatch(/^BANYAN_DATABASE_(LOST|UNAVAILABLE|LOCKED)$/);
  });

  it.each(passing)('stops no move: %s', (_, error) => {
    expect(mayPass(error)).toBe(true);
    expect(mayPass(new BanyanError('BANYAN_APPLY_FAILED', 'stopped', { fix: 'look', cause: error }))).toBe(
      true,
    );
  });

  it('is not what a mistake is called', () => {
    for (const error of [
      failed('running with the --secure-file-priv option', { errno: 1290 }),
      failed('Unknown column', { errno: 1054 }),
      failed('Got error 128 from storage engine', { errno: 1030 }),
      failed('ENOSPC: no space left on device, write', { errno: -28 }),
      new TypeError('undefined is not a function'),
    ]) {
      expect(databaseTrouble(error)).toBeNull();
      expect(mayPass(error)).toBe(false);
      expect(describeError(error).code).toBe('BANYAN_UNEXPECTED');
    }
  });
});
