import fc from 'fast-check';
import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import type { TableSpec } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const utf8 = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';

/** One way to carry a value column: its target column, and what the spec says of it. */
const ways = ['same', 'renamed', 'doubled', 'text'] as const;
const columnType = {
  same: 'INT NOT NULL',
  renamed: 'INT NOT NULL',
  doubled: 'BIGINT NOT NULL',
  text: 'VARCHAR(30) NOT NULL',
};

interface Shape {
  readonly ways: readonly (typeof ways)[number][];
  readonly scoped: boolean;
  readonly keyRenamed: boolean;
}

/** The spec, the target's table, and the question by which a row of the source must read there. */
function build(shape: Shape): { spec: TableSpec; target: string; expected: string; found: string } {
  const rename: Record<string, string> = shape.keyRenamed ? { id: 'no' } : {};
  const set: Record<string, string> = {};
  const back: Record<string, string> = {};
  const key = shape.keyRenamed ? 'no' : 'id';
  const targets: string[] = [];
  const values: string[] = [];
  for (const [index, way] of shape.ways.entries()) {
    const name = `c${index}`;
    const target = way === 'same' ? name : `t${index}`;
    if (way === 'renamed') rename[name] = target;
    if (way === 'doubled') [set[target], back[name]] = [`${name} * 2`, `${target} DIV 2`];
    if (way === 'text') [set[target], back[name]] = [`CONCAT('v', ${name})`, `SUBSTR(${target}, 2) + 0`];
    targets.push(`${target} ${columnType[way]}`);
    values.push(way === 'doubled' ? `${name} * 2` : way === 'text' ? `CONCAT('v', ${name})` : name);
  }
  const where = 'c0 % 3 <> 0';
  return {
    spec: {
      ...{ table: 's', into: 't', rename, set, back },
      ...(shape.scoped ? { where } : {}),
    },
    target: `CREATE TABLE t (${key} INT NOT NULL PRIMARY KEY, ${targets.join(', ')}) ${utf8}`,
    expected: `SELECT id, ${values.join(', ')} FROM s WHERE ${shape.scoped ? where : 'TRUE'} ORDER BY id`,
    found: `SELECT ${key}, ${targets.map((column) => column.split(' ')[0]).join(', ')} FROM t ORDER BY 1`,
  };
}

async function ask(connection: mysql.Connection, sql: string): Promise<string[][]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return (rows as unknown as unknown[][]).map((row) => row.map(String));
}

const shapes = fc.record({
  ways: fc.array(fc.constantFrom(...ways), { minLength: 1, maxLength: 4 }),
  scoped: fc.boolean(),
  keyRenamed: fc.boolean(),
});
const number = fc.integer({ min: -1000, max: 1000 });
const write = fc.record({ kind: fc.constantFrom('put', 'delete', 'move'), id: fc.nat(60), value: number });

describeEachEngine('any mapping', (lane) => {
  it('carries any rows under any writes, so that both sides are equal under it', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.array(number, { maxLength: 40 }),
        fc.array(write, { maxLength: 60 }),
        async (shape, rows, writes) => {
          const { spec, target, expected, found } = build(shape);
          const columns = shape.ways.map((_, index) => `c${index}`);
          const source = `CREATE TABLE s (id INT NOT NULL PRIMARY KEY, ${columns.map((name) => `${name} INT NOT NULL`).join(', ')}) ${utf8}`;
          await using fixture = await MoveFixture.create(lane, {
            schema: [source],
            targetSchema: [target],
            tables: [spec],
          });
          const put = (id: number, value: number) =>
            fixture.source.query(
              `REPLACE INTO s VALUES (${[id, ...columns.map((_, index) => value + index)].join(', ')})`,
            );
          for (const [id, value] of rows.entries()) await put(id, value);
          const move = await fixture.open({ tuning: { chunkRowsAtFirst: 7, chunkRowsMax: 7 } });
          await move.installCapture();
          const applier = move.startApplying();
          const writing = (async () => {
            for (const { kind, id, value } of writes) {
              if (kind === 'put') await put(id, value);
              else if (kind === 'delete') await fixture.source.query('DELETE FROM s WHERE id = ?', [id]);
              else
                await fixture.source.query('UPDATE IGNORE s SET id = ?, c0 = c0 + 1 WHERE id = ?', [
                  id + 7,
                  id,
                ]);
            }
          })();
          await move.copy();
          await writing;
          await move.fence('source', { lockTimeoutMs: 15_000 });
          await applier.drain({ deadlineMs: 30_000 });
          expect(await ask(fixture.target, found)).toEqual(await ask(fixture.source, expected));
          expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
        },
      ),
      { numRuns: 6 },
    );
  });
});
