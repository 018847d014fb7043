import { expect, it } from 'vitest';
import { inspectMove } from '../../../mover/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const tail = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';
const orders = (keys: string) =>
  `CREATE TABLE orders (
     id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, country CHAR(2) NULL, customer VARCHAR(9) NULL${keys}) ${tail}`;

describeEachEngine('severed foreign keys', (lane) => {
  it('cross the edge both ways on the user’s word; rows that name nothing are counted where they belong', async () => {
    await using fixture = await MoveFixture.create(lane, {
      schema: [
        `CREATE TABLE customers (country CHAR(2), code VARCHAR(9), PRIMARY KEY (country, code)) ${tail}`,
        orders(', CONSTRAINT of_c FOREIGN KEY (country, customer) REFERENCES customers (country, code)'),
        `CREATE TABLE notes (id INT PRIMARY KEY, about INT,
           CONSTRAINT on_o FOREIGN KEY (about) REFERENCES orders (id) ON DELETE CASCADE) ${tail}`,
      ],
      targetSchema: [orders(', KEY by_customer (country, customer)')],
      tables: ['orders'],
      sever: ['orders.country,customer', 'notes.about'],
    });
    const { source, target, spec } = fixture;
    await source.query("INSERT INTO customers VALUES ('KR', 'a'), ('KR', 'b'), ('DE', 'a')");
    await source.query(
      "INSERT INTO orders VALUES (1, 'KR', 'A'), (2, 'DE', 'a'), (3, NULL, 'x'), (4, 'KR', 'b')",
    );
    await source.query('INSERT INTO notes VALUES (1, 1), (2, 4), (3, NULL)');
    await source.query('SET foreign_key_checks = 0');
    await source.query("INSERT INTO orders VALUES (5, 'DE', 'gone'), (6, 'DE', 'gone')");
    await source.query('SET foreign_key_checks = 1');

    const { sever: _, ...unsevered } = spec;
    expect((await inspectMove(unsevered)).faults.map(({ code }) => code)).toEqual([
      ...['BANYAN_FOREIGN_KEY_CROSSES', 'BANYAN_FOREIGN_KEY_CROSSES'],
    ]);
    const wrong = { ...spec, sever: { side: 'source', keys: ['notes.about', 'orders.customer'] } } as const;
    expect((await inspectMove(wrong)).faults.map(({ code }) => code)).toEqual([
      ...['BANYAN_FOREIGN_KEY_CROSSES', 'BANYAN_SEVER_UNKNOWN'],
    ]);
    const { faults, warnings } = await inspectMove(spec);
    expect(faults).toEqual([]);
    const told = warnings.filter(({ code }) => code === 'BANYAN_FOREIGN_KEY_SEVERED').map(({ what }) => what);
    expect(told).toEqual([
      expect.stringMatching(/on_o .*DELETE from orders .* on the service.*\(legacy did ON DELETE CASCADE/),
      expect.stringMatching(
        /of_c .*INSERT into orders and UPDATE of orders \(country, customer\) on the service/,
      ),
    ]);
    // What the user said is said once.
    expect(warnings.filter(({ code }) => code === 'BANYAN_TABLES_DEVIATE')).toEqual([]);

    const move = await fixture.open();
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    const forward = move.startApplying();
    await move.copy();
    expect(await move.verify()).toMatchObject({
      different: 0,
      orphans: [
        { key: 'notes.about', rows: 0, examples: [] },
        { key: 'orders.country,customer', rows: 2, examples: ['DE,gone'] },
      ],
    });
    await move.fence('source', { lockTimeoutMs: 15_000 });
    await forward.drain({ deadlineMs: 30_000 });
    const back = await fixture.open({ spec: fixture.reverse });
    await back.installCapture();
    const reverse = back.startApplying();
    await move.openFence('target');
    await forward.stop();
    // What each side may do now, since nobody checks it.
    await target.query("INSERT INTO orders VALUES (7, 'FR', 'new')");
    await target.query('DELETE FROM orders WHERE id IN (4, 5, 6)');
    await reverse.drain({ deadlineMs: 30_000 });
    expect(await back.verify()).toMatchObject({
      different: 0,
      orphans: [
        { key: 'notes.about', rows: 1, examples: ['4'] },
        { key: 'orders.country,customer', rows: 1, examples: ['FR,new'] },
      ],
    });
  });
});
