import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { type EndingKind, endMove, planEnding, preflight } from '../../../mover/index.ts';
import { administer } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const tables = [
  'CREATE TABLE parents (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20))',
  `CREATE TRIGGER theirs BEFORE INSERT ON \`parents\` FOR EACH ROW
     BEGIN IF @banyan_pass IS NULL THEN SET NEW.name = CONCAT(NEW.name, '!'); END IF; END`,
  `CREATE TABLE children (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, parent INT,
     FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE)`,
  'CREATE TABLE parts (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, kind CHAR(1) NOT NULL)',
];
const parts = { table: 'parts', where: "kind = 'a'", intoWhere: "kind = 'a'" };
const silent = { info() {}, warn() {} };

/** Everything in a side's database that banyan may touch, and whether its schema is there. */
async function lookAt(on: mysql.Connection, bookkeeping: string): Promise<string[]> {
  const rows = async (sql: string) => (await on.query<mysql.RowDataPacket[]>(sql))[0];
  const found: string[] = [];
  for (const one of await rows('SHOW TABLES')) {
    const [shown] = await rows(`SHOW CREATE TABLE ${mysql.escapeId(Object.values(one)[0])}`);
    found.push(Object.values(shown ?? {}).join(' '));
  }
  for (const trigger of await rows('SHOW TRIGGERS')) {
    found.push(JSON.stringify([trigger, await rows(`SHOW CREATE TRIGGER ${trigger.Trigger}`)]));
  }
  return [...found, ...(await rows(`SHOW DATABASES LIKE '${bookkeeping}'`)).map(() => 'banyan’s schema')];
}

/** Dies after the first statement of each part and in the midst of the rows, and is begun again each time. */
async function endWithCrashes(fixture: MoveFixture, kind: EndingKind): Promise<string[]> {
  const done: string[] = [];
  const died = new Set<string>();
  for (;;) {
    const points = new TestPoints();
    const die = ({ sql = 'rows', part = '' }) => {
      done.push(String(sql));
      if (died.size === died.add(part).size) return;
      throw new Error('died');
    };
    points.at('ending:step', die).at('ending:rows-deleted', die);
    const ended = endMove(fixture.spec, kind, {
      ...{ points, logger: silent, patienceMs: 10_000, signal: new AbortController().signal },
    });
    if (
      await ended.then(
        () => true,
        (error) => (error.message === 'died' ? false : Promise.reject(error)),
      )
    )
      return done;
  }
}

async function fill(fixture: MoveFixture): Promise<void> {
  await fixture.source.query("INSERT INTO parents (name) VALUES ('one'), ('two'), ('three')");
  await fixture.source.query('INSERT INTO children (parent) VALUES (1), (1), (3)');
  await fixture.source.query("INSERT INTO parts (kind) VALUES ('a'), ('b'), ('a')");
}

describeEachEngine('the end of a move', (db) => {
  test('clean: nothing is left of a copy that was given up, wherever it died; rows outside the scope are', async () => {
    const events = 'CREATE TABLE events (at DATETIME, what VARCHAR(20))';
    await using fixture = await MoveFixture.create(db, {
      schema: [...tables, events],
      targetSchema: [...tables, events, "INSERT INTO parts VALUES (70, 'z')"],
      tables: ['parents', 'children', parts, { table: 'events', key: 'all columns' }],
    });
    const { bookkeepingSchema } = fixture.spec;
    await fill(fixture);
    await fixture.source.query("INSERT INTO events VALUES (NULL, 'in'), (NULL, 'in'), ('2026-01-01', 'out')");
    const before = [
      await lookAt(fixture.source, bookkeepingSchema),
      await lookAt(fixture.target, bookkeepingSchema),
    ];
    expect((await planEnding(fixture.spec, 'clean')).steps).toEqual([]);
    const move = await fixture.open();
    await move.fence('target', { lockTimeoutMs: 10_000 });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    await move.raiseAutoIncrement({ room: 100 });
    await applier.stop();
    // As a plain abandon leaves it: open, and its triggers gone.
    await move.openFence('target');
    await move.clearFence('target', { patienceMs: 10_000 });

    // The service has made a table that names copied rows.
    await fixture.target.query(
      'CREATE TABLE likes (id INT PRIMARY KEY, parent INT, CONSTRAINT l FOREIGN KEY (parent) REFERENCES parents (id))',
    );
    await fixture.target.query('INSERT INTO likes VALUES (1, 1)');
    await expect(endWithCrashes(fixture, 'clean')).rejects.toMatchObject({
      code: 'BANYAN_ENDING_REFUSED',
      faults: [{ code: 'BANYAN_ROWS_REFERENCED' }],
    });
    await fixture.target.query('DROP TABLE likes');

    const done = await endWithCrashes(fixture, 'clean');
    expect(done.filter((sql) => sql === 'rows')).toHaveLength(4);
    const after = [
      await lookAt(fixture.source, bookkeepingSchema),
      await lookAt(fixture.target, bookkeepingSchema),
    ];
    expect(after).toEqual(before);
    expect((await planEnding(fixture.spec, 'clean')).steps).toEqual([]);
    expect(await fixture.bothSides('parts')).toMatchObject({ target: [['70', 'z']] });
    // With capture from the binary log the cascading key is refused, here as before.
    const faults = (await preflight(fixture.spec)).filter(
      ({ code }) => code !== 'BANYAN_FOREIGN_KEY_CASCADE',
    );
    expect(faults).toEqual([]);
    // Whoever filled the tables before can do so no more.
    const next = await fixture.open();
    expect(next.epoch).toBeGreaterThan(move.epoch);
    await expect(move.copy()).rejects.toMatchObject({ code: expect.stringMatching(/^BANYAN_/) });
  });

  test('finish: legacy’s tables have another name and are closed until then; all else is as before the move', async () => {
    await using fixture = await MoveFixture.create(db, {
      schema: tables,
      tables: ['parents', 'children', parts],
    });
    const { bookkeepingSchema, source } = fixture.spec;
    await fixture.source.query(
      'CREATE TABLE orders (id INT PRIMARY KEY, parent INT, CONSTRAINT o_p FOREIGN KEY (parent) REFERENCES parents (id))',
    );
    await fixture.source.query('CREATE VIEW names AS SELECT name FROM parents');
    await fixture.source.query('CREATE TABLE banyan_finished_children (id INT PRIMARY KEY)');
    await fill(fixture);
    const move = await fixture.open();
    const before = [
      await lookAt(fixture.source, bookkeepingSchema),
      await lookAt(fixture.target, bookkeepingSchema),
    ];
    await move.fence('target', { lockTimeoutMs: 10_000 });
    await move.installCapture();
    const forward = move.startApplying();
    await move.copy();
    await move.fence('source', { lockTimeoutMs: 10_000 });
    await forward.drain({ deadlineMs: 30_000 });
    await forward.stop();
    const back = await fixture.open({ spec: fixture.reverse });
    await back.installCapture();
    await back.openFence('source');
    await back.startApplying().stop();

    const { faults, notes, steps } = await planEnding(fixture.spec, 'finish');
    expect(steps.slice(0, 2).map(({ sql }) => sql.replaceAll(source.database, 'db'))).toEqual([
      'RENAME TABLE `db`.`parents` TO `db`.`banyan_finished_parents`',
      'RENAME TABLE `db`.`children` TO `db`.`banyan_finished_children`',
    ]);
    expect(notes.map(({ code }) => code)).toEqual(['BANYAN_FINISH_NAMED', 'BANYAN_FINISH_PARTLY']);
    expect([...new Set(faults.map(({ code }) => code))]).toEqual([
      ...['BANYAN_NAME_TAKEN', 'BANYAN_FINISH_REFERENCED', 'BANYAN_PRIVILEGE_MISSING'],
    ]);
    await expect(endWithCrashes(fixture, 'finish')).rejects.toMatchObject({ code: 'BANYAN_ENDING_REFUSED' });
    // Each fix works as it is pasted.
    await fixture.source.query('DROP TABLE banyan_finished_children');
    for (const { code, fix } of faults) {
      if (code === 'BANYAN_FINISH_REFERENCED') await fixture.source.query(fix);
      if (code === 'BANYAN_PRIVILEGE_MISSING') await administer(db.servers.a, [fix]);
    }
    await fixture.source.query('DROP VIEW names');

    const written: unknown[] = [];
    const points = new TestPoints().at('ending:step', async ({ sql }) => {
      if (!String(sql).startsWith('RENAME')) return;
      for (const table of ['parents', 'banyan_finished_parents']) {
        written.push(
          await fixture.source.query(`INSERT INTO ${table} (name) VALUES ('late')`).then(
            () => table,
            () => null,
          ),
        );
      }
      throw new Error('died');
    });
    const signal = new AbortController().signal;
    await expect(
      endMove(fixture.spec, 'finish', { points, logger: silent, patienceMs: 10_000, signal }),
    ).rejects.toThrow('died');
    expect(written).toEqual([null, null]);
    await endWithCrashes(fixture, 'finish');

    const expected = before.map((side, index) =>
      side
        .filter((text) => index === 1 || !/^(orders|names|banyan_finished_children) /.test(text))
        .filter((text) => text !== 'banyan’s schema')
        .sort(),
    );
    const after = [
      await lookAt(fixture.source, bookkeepingSchema),
      await lookAt(fixture.target, bookkeepingSchema),
    ].map((side) =>
      side
        .map((text) => text.replaceAll('banyan_finished_', ''))
        .filter((text) => !text.startsWith('orders ')),
    );
    expect(after[0]?.sort()).toEqual(expected[0]);
    // The service's counters are lifted; nothing else.
    const bare = (side: string[] = []) =>
      side.map((text) => text.replaceAll(/ AUTO_INCREMENT=\d+/g, '')).sort();
    expect(bare(after[1])).toEqual(bare(expected[1]));
    expect((await planEnding(fixture.spec, 'finish')).steps).toEqual([]);
    await fixture.target.query("INSERT INTO parents (name) VALUES ('on')");
    expect(await fixture.target.query('SELECT name FROM parents').then(([rows]) => rows)).toEqual(
      ['one!', 'two!', 'three!', 'on!'].map((name) => ({ name })),
    );
  });
});
