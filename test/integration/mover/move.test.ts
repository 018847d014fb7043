import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

const schema = [
  `CREATE TABLE items (
     id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
     sku VARCHAR(40) NOT NULL,
     name VARCHAR(200) NULL,
     price DECIMAL(12,2) NOT NULL,
     attributes JSON NULL,
     created_at DATETIME NOT NULL,
     UNIQUE KEY items_sku (sku)
   ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];

describeEachEngine('a move', (lane) => {
  it('carries a table over under writes, fences, drains and goes on in reverse', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['items'] });
    const { source, target } = fixture;
    const row = (n: number) => [
      `sku-${n}`,
      n % 3 ? `이름 ${n} 🌳` : null,
      n / 4,
      n % 5 ? `{"n": ${n}}` : null,
    ];
    const rows = Array.from({ length: 5_000 }, (_, n) => [...row(n), '2020-02-29 12:00:00']);
    await source.query('INSERT INTO items (sku, name, price, attributes, created_at) VALUES ?', [rows]);

    const move = await fixture.open({ tuning: { chunkRowsAtFirst: 300 } });
    await move.fence('target', { lockTimeoutMs: 15_000 });
    await move.installCapture();
    await move.installCapture();
    const applier = move.startApplying();
    let stop = false;
    const writing = (async () => {
      for (let n = 0; !stop; n += 1) {
        await source.query('UPDATE items SET name = ? WHERE id = ?', [
          `renamed ${n}`,
          1 + ((n * 37) % 5_000),
        ]);
        if (n % 3 === 0) await source.query('DELETE FROM items WHERE id = ?', [1 + ((n * 53) % 5_000)]);
        if (n % 2 === 0) {
          await source.query(
            "INSERT INTO items (sku, name, price, created_at) VALUES (?, 'new', 1, '2021-01-01')",
            [`new-${n}`],
          );
        }
      }
    })();
    const progress: number[] = [];
    await move.copy({ onProgress: (one) => progress.push(one.rowsDone) });
    expect(progress.length).toBeGreaterThan(3);
    expect(await move.copied()).toBe(true);
    // An applier that stopped leaves every row of the log unsettled: why it stopped says more.
    const live = await Promise.race([move.verify(), applier.failed.then((error) => Promise.reject(error))]);
    expect(live).toMatchObject({ different: 0, unsettled: 0 });
    expect(live.rowsCompared).toBeGreaterThan(4_000);
    const refused = expect(
      (async () => {
        await writing;
      })(),
    ).rejects.toMatchObject({ sqlState: '45000' });
    await move.fence('source', { lockTimeoutMs: 15_000 });
    await refused;
    stop = true;
    await applier.drain({ deadlineMs: 30_000 });
    expect(await move.fenceState()).toEqual({ source: 'fenced', target: 'fenced' });
    const sides = await fixture.bothSides('items');
    expect(sides.target).toEqual(sides.source);
    await move.raiseAutoIncrement();

    const back = await fixture.open({ spec: fixture.reverse });
    await back.installCapture();
    back.startApplying();
    await move.openFence('target');
    await applier.stop();
    await target.query("UPDATE items SET name = 'from the service' WHERE id = 2");
    await target.query("INSERT INTO items (sku, price, created_at) VALUES ('service', 3, '2022-01-01')");
    await expect.poll(() => back.backlog()).toMatchObject({ entries: 0 });
    const after = await fixture.bothSides('items');
    expect(after.source).toEqual(after.target);
    expect(await back.verify()).toMatchObject({ different: 0, unsettled: 0 });
  });
});
