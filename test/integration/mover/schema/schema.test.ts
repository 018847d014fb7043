import mysql from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { applySchema, inspectMove, type MoveSpec, planSchema, preflight } from '../../../../mover/index.ts';
import { readTableDefinition } from '../../../../mover/schema/read-table-definition.ts';
import { joinTokens } from '../../../../mover/schema/sql-tokens.ts';
import { isMariadbJson } from '../../../../mover/schema/translate-type.ts';
import { Session } from '../../../../mover/sql/session.ts';
import { describeEachEngine, engineLane, engines, type TestDatabase } from '../../../support/databases.ts';
import { hardTables } from './hard-tables.ts';

function spec(source: TestDatabase, target: TestDatabase, tables: readonly string[]): MoveSpec {
  const plain = ({ host, port, user, password, database }: TestDatabase) => ({
    host,
    port,
    user,
    password,
    database,
  });
  return {
    id: 'schema:forward',
    source: plain(source),
    target: plain(target),
    tables: tables.map((table) => ({ table })),
    bookkeepingSchema: `bk_${source.database}`,
  };
}

async function run(database: TestDatabase, ...statements: string[]): Promise<void> {
  const { host, port, user, password, database: name } = database;
  const connection = await mysql.createConnection({
    host,
    port,
    user,
    password,
    database: name,
    multipleStatements: true,
    charset: 'utf8mb4',
  });
  try {
    await connection.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** What the server says of a table, without the name of its database. MySQL keeps a column's check as one of the table. */
async function definitionOf(database: TestDatabase, table: string): Promise<unknown> {
  const session = await Session.open({ endpoint: database, lockWaitSeconds: 5 });
  try {
    const found = await readTableDefinition(session, database.database, table);
    if (found === null) return null;
    const automatic = /^(CONSTRAINT_\d+|.*_chk_\d+)$/;
    const checks = [
      ...found.checks.map(
        (one) => `${automatic.test(one.name) ? '' : one.name} ${joinTokens(one.expression)} ${one.enforced}`,
      ),
      ...found.columns.flatMap((one) =>
        one.check && !isMariadbJson(one) ? [` ${joinTokens(one.check)} true`] : [],
      ),
    ];
    const columns = found.columns.map((one) => ({ ...one, check: null }));
    const plain = JSON.stringify({ ...found, database: '', columns, checks: checks.sort() });
    return JSON.parse(plain.replaceAll(database.database, 'db'));
  } finally {
    session.close();
  }
}

const pairs = engines.flatMap((from) =>
  engines.map((to) => ({ from, to, lanes: [engineLane(from), engineLane(to)] as const })),
);

describe.each(pairs)('schema, $from to $to', ({ from, to, lanes: [here, there] }) => {
  it.skipIf(here === null || there === null)(
    'makes tables that mean the same, and comes home to the table it started from',
    async () => {
      if (here === null || there === null) return;
      await using source = await here.createDatabase('a', 'schema');
      await using target = await there.createDatabase('b', 'schema');
      await using home = await here.createDatabase('b', 'home');
      const tables = hardTables(from).filter((one) => from === to || one.refused === undefined);
      await run(source, ...tables.map((one) => one.sql));
      const names = tables.map((one) => one.table);
      const out = spec(source, target, names);
      const plan = await planSchema(out);
      expect(plan.faults).toEqual([]);
      for (const { table, loses } of tables) {
        const notes = plan.notes
          .filter((note) => note.what.startsWith(`${source.database}.${table}:`))
          .map((note) => note.what)
          .join('\n');
        if (from === to || loses === undefined) expect(notes).toBe('');
        else expect(notes).toMatch(loses);
      }
      expect((await applySchema(out, plan)).made).toEqual(names);
      // A second run finds everything there.
      expect(await applySchema(out, plan)).toEqual({ made: [], present: names });
      const movable = tables.filter((one) => one.unmovable === undefined).map((one) => one.table);
      const { faults, warnings } = await inspectMove(spec(source, target, movable));
      expect(faults).toEqual([]);
      // What the statements left out is noticed as well, and nothing else.
      const left = tables.filter((one) => from !== to && one.loses !== undefined).map((one) => one.table);
      const ofTables = warnings.filter(({ code }) => code !== 'BANYAN_CAPTURE_EFFECTS');
      expect(ofTables.filter((one) => !left.some((table) => one.what.includes(`.${table}:`)))).toEqual([]);

      const back = spec(target, home, names);
      const backPlan = await planSchema(back);
      expect(backPlan.faults).toEqual([]);
      await applySchema(back, backPlan);
      for (const { table, loses } of tables) {
        if (from !== to && loses !== undefined) continue;
        expect(await definitionOf(home, table), table).toEqual(await definitionOf(source, table));
      }
    },
  );

  it.skipIf(here === null || there === null || from === to)(
    'tells everything at once that the other engine cannot hold',
    async () => {
      if (here === null || there === null) return;
      await using source = await here.createDatabase('a', 'schema');
      await using target = await there.createDatabase('b', 'schema');
      const tables = hardTables(from).filter((one) => one.refused !== undefined);
      await run(source, ...tables.map((one) => one.sql));
      const plan = await planSchema(
        spec(
          source,
          target,
          tables.map((one) => one.table),
        ),
      );
      for (const { table, refused } of tables) {
        const faults = plan.faults
          .filter((fault) => fault.what.includes(`.${table}`))
          .map((fault) => fault.what)
          .join('\n');
        expect(faults, table).toMatch(refused as RegExp);
      }
      expect(plan.statements).toEqual([]);
      expect(plan.faults.every((fault) => fault.fix.length > 10)).toBe(true);
    },
  );
});

describeEachEngine('schema', (lane) => {
  it('emits foreign keys inside the set in an order that works, and lists those across its edge', async () => {
    await using source = await lane.createDatabase('a', 'schema');
    await using target = await lane.createDatabase('b', 'schema');
    await run(
      source,
      'CREATE TABLE stays (id INT PRIMARY KEY)',
      'CREATE TABLE c (id INT PRIMARY KEY, parent INT, CONSTRAINT c_self FOREIGN KEY (parent) REFERENCES c (id) ON DELETE RESTRICT)',
      'CREATE TABLE b (id INT PRIMARY KEY, c_id INT, a_id INT, stays_id INT, CONSTRAINT b_c FOREIGN KEY (c_id) REFERENCES c (id), CONSTRAINT b_stays FOREIGN KEY (stays_id) REFERENCES stays (id))',
      'CREATE TABLE a (id INT PRIMARY KEY, b_id INT, CONSTRAINT a_b FOREIGN KEY (b_id) REFERENCES b (id) ON UPDATE CASCADE)',
      'ALTER TABLE b ADD CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a (id)',
      'ALTER TABLE stays ADD b_id INT, ADD CONSTRAINT stays_b FOREIGN KEY (b_id) REFERENCES b (id)',
    );
    const out = spec(source, target, ['a', 'b', 'c']);
    const plan = await planSchema(out);
    expect(plan.severed.map((key) => key.name).sort()).toEqual(['b_stays', 'stays_b']);
    await applySchema(out, plan);
    const present = await definitionOf(target, 'b');
    expect(
      (present as { foreignKeys: { name: string }[] }).foreignKeys.map((key) => key.name).sort(),
    ).toEqual(['b_a', 'b_c']);
    expect(await definitionOf(target, 'a')).toEqual(await definitionOf(source, 'a'));
    expect(await definitionOf(target, 'c')).toEqual(await definitionOf(source, 'c'));
    expect((await applySchema(out, plan)).made).toEqual([]);
  });

  it('proposes a key that works when it is pasted', async () => {
    await using source = await lane.createDatabase('a', 'schema');
    await using target = await lane.createDatabase('b', 'schema');
    const keyless = [
      'CREATE TABLE bare (a INT, banyan_id INT)',
      'CREATE TABLE floating (f DOUBLE NOT NULL PRIMARY KEY)',
      'CREATE TABLE counted (n INT NOT NULL AUTO_INCREMENT, a INT, KEY n (n))',
      "CREATE TABLE nullable (code VARCHAR(20) CHARACTER SET latin1 NULL DEFAULT 'x' COMMENT 'kept' UNIQUE, n INT)",
    ];
    await run(source, ...keyless);
    const out = spec(source, target, ['bare', 'floating', 'counted', 'nullable']);
    const before = await planSchema(out);
    expect(before.faults.map((fault) => fault.code)).toEqual(Array(4).fill('BANYAN_TABLE_NO_KEY'));
    expect(before.faults[3]?.fix).toMatch(/NOT NULL DEFAULT .*'x' COMMENT 'kept';/);
    await run(source, ...before.faults.map((fault) => fault.fix.replace(/;.*$/, '')));
    const plan = await planSchema(out);
    expect(plan.faults).toEqual([]);
    await applySchema(out, plan);
    expect(await preflight(out)).toEqual([]);
  });
});
