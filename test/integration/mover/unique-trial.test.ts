import type mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { findConflicts } from '../../../mover/apply/find-conflicts.ts';
import { inspectMove, type TableSpec } from '../../../mover/index.ts';
import { readTablePlan } from '../../../mover/plan/read-table-plan.ts';
import { Session } from '../../../mover/sql/session.ts';
import { inTransaction } from '../../../mover/sql/transaction.ts';
import { describeEachEngine, type Engine, type EngineLane, engineLane } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const utf8 = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';

/** A unique index, and values that the source gives to rows which held others: their old values are taken by then. */
interface Case {
  readonly what: string;
  readonly columns: string;
  readonly engine?: Engine;
  /** SQL of the value of row `n`: different rows differ in the index. */
  readonly value: (n: number) => string;
  /** Another value that the index takes for the same. */
  readonly like: (n: number) => string;
}
const cases: readonly Case[] = [
  {
    what: 'the beginning of a text, in other letters',
    columns: 'v VARCHAR(60), UNIQUE KEY u (v(8))',
    value: (n) => `'é${n + 10_000}%_ and more'`,
    like: (n) => `'E${n + 10_000}%_ other'`,
  },
  {
    what: 'the beginning of a text with letters that count as two',
    columns: 'n INT NOT NULL DEFAULT 1, v TEXT, UNIQUE KEY u (n, v(8))',
    value: (n) => `'ß${n + 100_000}'`,
    like: (n) => `'SS${n + 100_000} '`,
  },
  {
    what: 'the beginning of text of another character set',
    columns: 'v VARCHAR(60) CHARACTER SET ucs2 COLLATE ucs2_unicode_ci, UNIQUE KEY u (v(6))',
    value: (n) => `'강${n + 10_000}'`,
    like: (n) => `'강${n + 10_000}나무'`,
  },
  {
    what: 'the beginning of bytes',
    columns: 'v BLOB, UNIQUE KEY u (v(3))',
    value: (n) => `CONCAT(UNHEX(LPAD(HEX(${n}), 6, '0')), x'00ff')`,
    like: (n) => `UNHEX(LPAD(HEX(${n}), 6, '0'))`,
  },
  {
    what: 'a generated column',
    columns: 'v VARCHAR(60), g VARCHAR(60) AS (LOWER(TRIM(v))) VIRTUAL, UNIQUE KEY u (g)',
    value: (n) => `'A${n}'`,
    like: (n) => `' a${n} '`,
  },
  {
    what: 'a whole text of any length',
    engine: 'mariadb',
    columns: 'v TEXT, UNIQUE KEY u (v)',
    value: (n) => `CONCAT(REPEAT('é', 3000), ${n})`,
    like: (n) => `CONCAT(REPEAT('E', 3000), ${n}, ' ')`,
  },
  {
    what: 'text that is computed',
    engine: 'mysql',
    columns: 'v VARCHAR(60), UNIQUE KEY u ((LOWER(TRIM(v))))',
    value: (n) => `'A${n}'`,
    like: (n) => `' á${n} '`,
  },
  {
    what: 'the number of an ENUM beside a number out of JSON',
    engine: 'mysql',
    columns:
      "k ENUM('x', 'y') NOT NULL DEFAULT 'y', v JSON, UNIQUE KEY u ((k + 0), (CAST(v->>'$.no' AS DECIMAL(20,2))))",
    value: (n) => `'{"no": "${n}.004"}'`,
    like: (n) => `'{"no": ${n}}'`,
  },
];

/** Rows that the session's statements have read by walking, not by a look into an index. */
async function walked(session: Session): Promise<number> {
  const rows = await session.texts(
    "SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_rnd_next', 'Handler_read_next', 'Handler_read_prev')",
  );
  return rows.reduce((sum, [, value]) => sum + Number(value), 0);
}

async function fill(connection: mysql.Connection, rows: number, value: Case['value']): Promise<void> {
  const tuples = Array.from({ length: rows }, (_, n) => `(${n}, ${value(n)})`);
  for (let start = 0; start < rows; start += 500) {
    await connection.query(`INSERT INTO t (id, v) VALUES ${tuples.slice(start, start + 500).join(', ')}`);
  }
}

describeEachEngine('rows in the way of others by a unique index', (lane) => {
  it.each(cases.filter(({ engine = lane.engine }) => engine === lane.engine))(
    'are found over $what, exactly, without reading the table, and nothing is changed',
    async ({ columns, value, like }) => {
      const rows = 3_000;
      await using fixture = await MoveFixture.create(lane, {
        schema: [`CREATE TABLE t (id INT PRIMARY KEY, ${columns}) ${utf8}`],
        tables: ['t'],
      });
      const { source, target } = fixture;
      await fill(target, rows, value);
      // Rows 1 and 2 have the places of rows 2 and 3 now, a new one that of row 2,500, and others are as they were.
      await fill(source, 1, value);
      await source.query(`INSERT INTO t (id, v) VALUES (1, ${like(2)}), (2, ${like(3)}),
        (9000, ${like(2_500)}), (9001, NULL), (9002, ${value(rows + 1)})`);
      const before = await fixture.bothSides('t');
      const sessions = await Promise.all(
        [fixture.spec.source, fixture.spec.target].map((endpoint) =>
          Session.open({ endpoint, lockWaitSeconds: 5 }),
        ),
      );
      const [here, there] = sessions as [Session, Session];
      const plan = await readTablePlan(here, there, fixture.spec, { table: 't' });
      const keys = [0, 1, 2, 9000, 9001, 9002].map((id) => [Buffer.from(String(id))]);
      const [first, second] = [await walked(there), await walked(there)];
      const found = await findConflicts({
        ...{ source: here, target: there, plan, bytesMax: 1_000_000 },
        rows: { source: plan.source.keys(keys), target: plan.target.keys(keys) },
        transaction: (work) => inTransaction(there, work),
      });
      const steps = (await walked(there)) - second - (second - first);
      for (const session of sessions) session.close();
      expect(found.map(String).sort()).toEqual(['2500', '3']);
      expect(steps).toBeLessThan(100);
      expect(await fixture.bothSides('t')).toEqual(before);
    },
  );

  it('are all found where several keep one row out, under keys of any type', async () => {
    const types = [
      ['VARCHAR(9) CHARACTER SET ucs2 COLLATE ucs2_unicode_ci', (n: number) => `'강${n}'`],
      ['VARBINARY(9)', (n: number) => `x'0020${n}a'`],
      ['DATETIME(3)', (n: number) => `'2020-01-01 00:00:00.${n}'`],
      ["ENUM('p','q','r','s','t')", (n: number) => String(n)],
      ['FLOAT', (n: number) => `${n}.1`],
      ['BIT(9)', (n: number) => String(256 + n)],
      ['INT ZEROFILL', (n: number) => String(n)],
      ...(lane.engine === 'mariadb'
        ? ([['UUID', (n: number) => `'11111111-2222-1333-8444-00000000000${n}'`]] as const)
        : []),
    ] as const;
    for (const [type, key] of types) {
      await using fixture = await MoveFixture.create(lane, {
        schema: [
          `CREATE TABLE t (id ${type} NOT NULL, two INT NOT NULL, a VARCHAR(9), b VARCHAR(9), c VARCHAR(9), PRIMARY KEY (id, two), UNIQUE KEY (a(2)), UNIQUE KEY (b(2)), UNIQUE KEY (c)) ${utf8}`,
        ],
        tables: ['t'],
      });
      const { source, target } = fixture;
      await target.query(
        `INSERT INTO t VALUES (${key(1)}, 1, 'a1', 'b1', 'c1'), (${key(2)}, -1, 'a2', 'b2', 'c2'), (${key(3)}, 1, 'a3', 'b3', 'c3')`,
      );
      await source.query(`INSERT INTO t VALUES (${key(4)}, 1, 'A1x', 'B2x', 'C3')`);
      const [here, there] = [
        await Session.open({ endpoint: fixture.spec.source, lockWaitSeconds: 5 }),
        await Session.open({ endpoint: fixture.spec.target, lockWaitSeconds: 5 }),
      ];
      const plan = await readTablePlan(here, there, fixture.spec, { table: 't' });
      const found = await findConflicts({
        ...{ source: here, target: there, plan, bytesMax: 1_000_000 },
        rows: { source: 'TRUE', target: 'FALSE' },
        transaction: (work) => inTransaction(there, work),
      });
      const expected = await there.rows(plan.target.selectKeys('TRUE'));
      for (const session of [here, there]) session.close();
      expect(new Set(found.map(String)), type).toEqual(new Set(expected.map(String)));
    }
  });
});

/** `UNIQUE (expression)` in the words of each engine. */
function uniqueOver(engine: Engine, type: string, expression: string): string {
  return engine === 'mysql'
    ? `UNIQUE KEY u ((${expression}))`
    : `g ${type} AS (${expression}) VIRTUAL, UNIQUE KEY u (g)`;
}

/** One row after another, so that a row in the way is never in the same batch by chance. */
const oneByOne = {
  chunkRowsAtFirst: 1,
  chunkRowsMax: 1,
  copyWorkers: 1,
  applyWorkers: 1,
  applyBatchEntries: 1,
};

interface Trade {
  readonly connection: mysql.Connection;
  readonly table: string;
  readonly column: string;
}

/** Each of the rows gets the value of the next; spelled otherwise, but the same to the index. */
async function trade(
  { connection, table, column }: Trade,
  key: string,
  ids: readonly number[],
): Promise<void> {
  const values: string[] = [];
  for (const id of ids) {
    const [rows] = await connection.query(`SELECT ${column} AS v FROM ${table} WHERE ${key} = ${id}`);
    values.push((rows as { v: string }[])[0]!.v);
  }
  await connection.query(`UPDATE ${table} SET ${column} = NULL WHERE ${key} IN (${ids.join(', ')})`);
  for (const [index, id] of ids.entries()) {
    await connection.query(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ${id}`, [
      respelled(values[(index + 1) % values.length]!),
    ]);
  }
}

function respelled(value: string): string {
  return value === value.toUpperCase() ? value.toLowerCase() : value.toUpperCase();
}

async function ask(connection: mysql.Connection, sql: string): Promise<unknown> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return rows;
}

/** Copy with trades between, apply, and the way back with trades on the service. */
async function thereAndBack(
  fixture: MoveFixture,
  legacy: () => Promise<void>,
  service: () => Promise<void>,
  equal: () => Promise<void>,
): Promise<void> {
  const points = new TestPoints();
  const move = await fixture.open({ points, tuning: oneByOne });
  await move.fence('target', { lockTimeoutMs: 15_000 });
  await move.installCapture();
  let chunks = 0;
  points.at('copy:range-cleared', async () => {
    chunks += 1;
    if (chunks <= 3) await legacy();
  });
  // What was found in the way has changed again by the next attempt.
  for (const point of ['copy:marked', 'copy:after-read-again', 'apply:after-read', 'apply:after-delete']) {
    let arrivals = 0;
    points.at(point, async () => {
      arrivals += 1;
      if (arrivals % 2 === 0 && arrivals <= 6) await legacy();
    });
  }
  await move.copy();
  const applier = move.startApplying();
  await applier.drain({ deadlineMs: 20_000 });
  await applier.stop();
  // Nobody applies: all of it meets in the index alone.
  await legacy();
  const again = move.startApplying();
  await move.fence('source', { lockTimeoutMs: 15_000 });
  await again.drain({ deadlineMs: 20_000 });
  expect(await move.verify()).toMatchObject({ different: 0, unsettled: 0 });
  await equal();
  await again.stop();
  const back = await fixture.open({ spec: fixture.reverse, tuning: oneByOne });
  await back.renewCapture();
  await move.openFence('target');
  await service();
  const home = back.startApplying();
  await service();
  await back.fence('source', { lockTimeoutMs: 15_000 });
  await home.drain({ deadlineMs: 20_000 });
  expect(await back.verify()).toMatchObject({ different: 0, unsettled: 0 });
  await equal();
  await home.stop();
}

describeEachEngine('a mapped table with unique indexes over less than whole columns', (lane) => {
  const pairs = (['mariadb', 'mysql'] as const).flatMap((engine) => engineLane(engine) ?? []);
  it.each(pairs.map((there) => [there.engine, there] as const))(
    'carries rows that take each other’s place to %s and back',
    async (_, there: EngineLane) => {
      const tables: TableSpec[] = [
        {
          ...{ table: 's', into: 't', rename: { id: 'no' } },
          set: { w: "CONCAT('x', v)", n: 'm + 1' },
          back: { v: 'SUBSTR(w, 2)', m: 'n - 1' },
        },
      ];
      await using fixture = await MoveFixture.create(lane, {
        tables,
        targetLane: there,
        schema: [
          `CREATE TABLE s (id INT PRIMARY KEY, v VARCHAR(60), m DECIMAL(9,2), UNIQUE KEY p (v(3)), ${uniqueOver(lane.engine, 'VARCHAR(60)', 'CONCAT(LOWER(LEFT(v, 3)), FLOOR(m))')}) ${utf8}`,
        ],
        targetSchema: [
          `CREATE TABLE t (no INT PRIMARY KEY, w VARCHAR(60), n DECIMAL(9,2), UNIQUE KEY p (w(4)), ${uniqueOver(there.engine, 'VARCHAR(60)', 'CONCAT(LOWER(LEFT(w, 4)), FLOOR(n))')}) ${utf8}`,
        ],
      });
      const { source, target } = fixture;
      await source.query(
        "INSERT INTO s (id, v, m) VALUES (1, 'Äpfel', 1.5), (2, 'BIRNE', 2.5), (3, '강나무', 3.5), (4, 'it''s', NULL), (5, NULL, 1), (6, NULL, 1)",
      );
      const { faults, warnings } = await inspectMove(fixture.spec);
      expect(faults).toEqual([]);
      expect(warnings.filter(({ code }) => code === 'BANYAN_UNIQUE_UNMATCHED')).toHaveLength(4);
      await thereAndBack(
        fixture,
        () => trade({ connection: source, table: 's', column: 'v' }, 'id', [1, 2, 4]),
        () => trade({ connection: target, table: 't', column: 'w' }, 'no', [2, 1]),
        async () =>
          expect(await ask(target, 'SELECT no, SUBSTR(w, 2), n - 1 FROM t ORDER BY no')).toEqual(
            await ask(source, 'SELECT id, v, m FROM s ORDER BY id'),
          ),
      );
    },
  );

  it('splits one into two, and two into one, there and back', async () => {
    const split = (kind: string): TableSpec => ({
      ...{ table: 'events', into: `events_${kind}`, where: `kind = '${kind}'` },
      back: { kind: `'${kind}'` },
    });
    const pet = (table: string): TableSpec => ({
      ...{ table, into: 'pets', rename: { name: 'called' } },
      set: { kind: `'${table}'` },
    });
    const own = uniqueOver(lane.engine, 'VARCHAR(60)', 'LOWER(LEFT(body, 2))');
    await using fixture = await MoveFixture.create(lane, {
      tables: [split('a'), split('b'), pet('cats'), pet('dogs')],
      schema: [
        `CREATE TABLE events (id INT PRIMARY KEY, kind VARCHAR(1) NOT NULL, body TEXT, UNIQUE KEY (kind, body(3)), ${uniqueOver(lane.engine, 'VARCHAR(60)', 'CONCAT(kind, LOWER(LEFT(body, 2)))')}) ${utf8}`,
        ...['cats', 'dogs'].map(
          (name) =>
            `CREATE TABLE ${name} (id INT PRIMARY KEY, name VARCHAR(60), UNIQUE KEY (name(3))) ${utf8}`,
        ),
      ],
      targetSchema: [
        ...['events_a', 'events_b'].map(
          (name) =>
            `CREATE TABLE ${name} (id INT PRIMARY KEY, body TEXT, UNIQUE KEY (body(3)), ${own}) ${utf8}`,
        ),
        `CREATE TABLE pets (kind CHAR(4) NOT NULL, id INT NOT NULL, called VARCHAR(60), PRIMARY KEY (kind, id), UNIQUE KEY (kind, called(3))) ${utf8}`,
      ],
    });
    const { source, target } = fixture;
    await source.query(
      "INSERT INTO events (id, kind, body) VALUES (1, 'a', 'Äpfel'), (2, 'a', 'BIRNE'), (3, 'b', 'äpfel'), (4, 'b', 'birne'), (5, 'a', 'CITRUS'), (6, 'c', 'BIRNE')",
    );
    for (const table of ['cats', 'dogs']) {
      await source.query(`INSERT INTO ${table} VALUES (1, 'Minka'), (2, 'FELIX'), (3, 'Ärger')`);
    }
    expect((await inspectMove(fixture.spec)).faults).toEqual([]);
    const [here, there] = [
      (table: string, column: string) => ({ connection: source, table, column }),
      (table: string, column: string) => ({ connection: target, table, column }),
    ];
    await thereAndBack(
      fixture,
      async () => {
        await trade(here('events', 'body'), 'id', [1, 2, 5]);
        await trade(here('events', 'body'), 'id', [3, 4]);
        await trade(here('cats', 'name'), 'id', [1, 2, 3]);
        await trade(here('dogs', 'name'), 'id', [3, 1]);
      },
      async () => {
        await trade(there('events_a', 'body'), 'id', [5, 2]);
        await trade(there('events_b', 'body'), 'id', [3, 4]);
        await trade(there('pets', 'called'), "kind = 'cats' AND id", [1, 2]);
        await trade(there('pets', 'called'), "kind = 'dogs' AND id", [3, 2, 1]);
      },
      async () => {
        for (const [legacy, service] of [
          [
            "SELECT id, body FROM events WHERE kind = 'a' ORDER BY id",
            'SELECT id, body FROM events_a ORDER BY id',
          ],
          [
            "SELECT id, body FROM events WHERE kind = 'b' ORDER BY id",
            'SELECT id, body FROM events_b ORDER BY id',
          ],
          [
            'SELECT id, name FROM cats ORDER BY id',
            "SELECT id, called FROM pets WHERE kind = 'cats' ORDER BY id",
          ],
          [
            'SELECT id, name FROM dogs ORDER BY id',
            "SELECT id, called FROM pets WHERE kind = 'dogs' ORDER BY id",
          ],
        ] as const) {
          expect(await ask(target, service)).toEqual(await ask(source, legacy));
        }
      },
    );
  });

  it('carries a value that goes from one table to another of those that come back into one, and warns of it', async () => {
    const split = (kind: string): TableSpec => ({
      ...{ table: 'events', into: `events_${kind}`, where: `kind = '${kind}'` },
      back: { kind: `'${kind}'` },
    });
    await using fixture = await MoveFixture.create(lane, {
      tables: [split('a'), split('b')],
      schema: [
        `CREATE TABLE events (id INT PRIMARY KEY, kind CHAR(1) NOT NULL, body TEXT, UNIQUE KEY u (body(3)), UNIQUE KEY own (kind, body(2))) ${utf8}`,
      ],
      targetSchema: ['events_a', 'events_b'].map(
        (name) =>
          `CREATE TABLE ${name} (id INT PRIMARY KEY, body TEXT, UNIQUE KEY u (body(3)), UNIQUE KEY own (body(2))) ${utf8}`,
      ),
    });
    const { source, target } = fixture;
    await source.query("INSERT INTO events VALUES (1, 'a', 'Äpfel'), (2, 'b', 'BIRNE')");
    const { faults, warnings } = await inspectMove(fixture.spec);
    expect(faults).toEqual([]);
    expect(warnings.filter(({ code }) => code === 'BANYAN_UNIQUE_SHARED')).toEqual([
      expect.objectContaining({ what: expect.stringMatching(/events_a and events_b .*index PRIMARY /) }),
      expect.objectContaining({ what: expect.stringMatching(/events_a and events_b .*index u /) }),
    ]);
    await thereAndBack(
      fixture,
      async () => {},
      async () => {
        await target.query("UPDATE events_b SET body = 'apfel' WHERE id = 2");
        await target.query("UPDATE events_a SET body = 'Zwetschgen' WHERE id = 1");
      },
      async () =>
        expect(await ask(target, 'SELECT * FROM events_b')).toEqual(
          await ask(source, "SELECT id, body FROM events WHERE kind = 'b'"),
        ),
    );
  });

  it('tells of rows that cannot be taken back because others hold their beginnings', async () => {
    await using fixture = await MoveFixture.create(lane, {
      tables: [{ table: 'cats', into: 'pets', rename: { name: 'called' }, set: { kind: "'cat'" } }],
      schema: [`CREATE TABLE cats (id INT PRIMARY KEY, name VARCHAR(60), UNIQUE KEY (name(3))) ${utf8}`],
      targetSchema: [
        `CREATE TABLE pets (kind CHAR(4) NOT NULL, id INT NOT NULL, called VARCHAR(60), PRIMARY KEY (kind, id), UNIQUE KEY (kind, called(3))) ${utf8}`,
      ],
    });
    const { source } = fixture;
    await source.query("INSERT INTO cats VALUES (1, 'Minka'), (2, 'Felix'), (3, 'Tom')");
    const move = await fixture.open();
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    await move.copy();
    // As after a restore: older values, and a row that is the owner's alone.
    await source.query("UPDATE cats SET name = CONCAT('old ', name) WHERE id = 1");
    await source.query("UPDATE cats SET name = 'x' WHERE id = 2");
    const taken = () => move.takeBack({ inverse: fixture.reverse });
    await source.query("INSERT INTO cats VALUES (9, 'FELIX the other')");
    await expect(taken()).rejects.toMatchObject({ code: 'BANYAN_TAKE_BACK_CONFLICT' });
    expect(await ask(source, 'SELECT * FROM cats WHERE id > 1 ORDER BY id')).toEqual([
      [2, 'x'],
      [3, 'Tom'],
      [9, 'FELIX the other'],
    ]);
    await source.query("UPDATE cats SET name = 'else' WHERE id = 9");
    expect((await taken()).tables).toMatchObject([{ changed: 2, kept: 1 }]);
    expect(await ask(source, 'SELECT name FROM cats ORDER BY id')).toEqual([
      ['Minka'],
      ['Felix'],
      ['Tom'],
      ['else'],
    ]);
  });
});
