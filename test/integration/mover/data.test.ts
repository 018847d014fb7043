import { describe, expect, it } from 'vitest';
import { inspectData } from '../../../mover/index.ts';
import { engineLane, engines } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const tail = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
const schema = [
  `CREATE TABLE d (
     id INT NOT NULL, k VARBINARY(4) NOT NULL, e ENUM('a','b'), s SET('','x'), day DATE, t TIME(6), ts TIMESTAMP(6) NULL,
     j JSON, f DOUBLE, body LONGTEXT, n INT, CONSTRAINT n_ok CHECK (n > 0), PRIMARY KEY (id, k)
   ) ${tail}`,
];
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const pairs = engines.flatMap((from) =>
  engines.map((to) => ({ from, to, lanes: [engineLane(from), engineLane(to)] as const })),
);

describe.each(pairs)(
  'what can only be seen in the data, $from to $to',
  ({ from, to, lanes: [here, there] }) => {
    it.skipIf(here === null || there === null)(
      'is found in one pass, with counts and an example',
      async () => {
        if (here === null || there === null) return;
        await using fixture = await MoveFixture.create(here, { schema, tables: ['d'], targetLane: there });
        const { source } = fixture;
        await source.query("SET sql_mode = '', time_zone = '+00:00'");
        await source.query(
          `INSERT INTO d (id, k, e, s, day, t, ts, j, f, n) VALUES
         (1, 'ok', 'a', 'x', '2020-01-01', '838:59:59', '1970-01-01 00:00:01', '[1.5, "1. 1e999", {"a": "\\\\\\\\x"}]', 0, 1),
         (2, x'00ff', 'zzz', 0, NULL, NULL, NULL, NULL, NULL, 1),
         (3, 'set', 'b', 1, '2020-00-01', NULL, NULL, NULL, NULL, 1),
         (4, 'set', 'b', 1, '0000-00-00', NULL, NULL, NULL, NULL, 1)`,
        );
        if (from === 'mariadb') {
          await source.query(
            `INSERT INTO d (id, k, t, ts, j) VALUES (10, 't', '838:59:59.5', '1970-01-01 00:00:00.5', '[1.]'), (11, 't', '-838:59:59.1', NULL, '[1e400]'),
           (12, 't', NULL, NULL, '["\\\\x"]'), (13, 't', NULL, NULL, '{"a": 123456789012345678901}'), (14, 't', NULL, NULL, '[-0, 0.1234567890123456789]')`,
          );
          await source.query('SET check_constraint_checks = 0');
          await source.query("INSERT INTO d (id, k, n) VALUES (15, 'c', -1)");
        } else {
          await source.query(
            `INSERT INTO d (id, k, f, j) VALUES (20, 'm', -0e0, '${nested(33)}'), (21, 'm', 1, '${nested(31)}')`,
          );
        }
        const progress: number[] = [];
        const { faults, warnings } = await inspectData(fixture.spec, {
          onProgress: (one) => progress.push(one.rowsDone),
        });
        const all = [...faults, ...warnings].map((one) => one.what).join('\n');
        const expected = [
          /d: column e holds an ENUM's error value .*: one row, for instance the one with the key 2, x'00FF'/,
          /column s holds a SET with nothing but the member '', .*: 2 rows, for instance the one with the key 3, x'/,
          /column day holds a zero date .*: 2 rows/,
        ];
        if (from === 'mariadb')
          expected.push(/rows break the check `n` > 0.*: one row, for instance the one with the key 15/);
        if (from === 'mariadb' && to === 'mysql') {
          expected.push(
            /column t holds a TIME beyond .*: 2 rows/,
            /first second of 1970.*: one row/,
            /MySQL refuses .*: 3 rows, for instance the one with the key 10/,
            /DOUBLE or without their sign .*: 2 rows/,
          );
        }
        if (from === 'mysql' && to === 'mariadb')
          expected.push(
            /nested deeper than 31.*: one row, for instance the one with the key 20/,
            /holds -0.*: one row/,
          );
        for (const pattern of expected) expect(all).toMatch(pattern);
        expect(faults.length + warnings.length).toBe(expected.length);
        expect(progress.at(-1)).toBe(from === 'mariadb' ? 10 : 6);
      },
    );
  },
);
