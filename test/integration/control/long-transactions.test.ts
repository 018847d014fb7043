import { createConnection } from 'mysql2/promise';
import { expect, it, vi } from 'vitest';
import { longTransactions } from '../../../control/waits/long-transactions.ts';
import { describeEachEngine } from '../../support/databases.ts';

describeEachEngine('transactions open for long', (lane) => {
  it('are seen while they run a statement with an emoji, and while they sit idle', async () => {
    await using database = await lane.createDatabase('a');
    const writer = await createConnection({ ...database, charset: 'utf8mb4' });
    try {
      await writer.query('CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40)) CHARACTER SET utf8mb4');
      await writer.query("INSERT INTO t VALUES (1, 'x')");
      await writer.beginTransaction();
      await writer.query("UPDATE t SET name = 'y' WHERE id = 1");
      // It sleeps until it is told to end.
      const writing = writer
        .query("UPDATE t SET name = '차 🍵' WHERE id = 1 AND SLEEP(60) = 0")
        .catch((error: unknown) => error);
      const { threadId } = writer;
      const seen = (tables = ['t']) =>
        longTransactions(database, tables, 900).then(({ open }) => open.map((one) => one.connection));
      await vi.waitFor(async () => expect(await seen()).toContain(threadId), {
        timeout: 15_000,
        interval: 150,
      });
      const other = await createConnection({ ...database });
      await other.query(`KILL QUERY ${threadId}`);
      await other.end();
      await writing;
      await vi.waitFor(async () => expect(await seen()).toContain(threadId), {
        timeout: 15_000,
        interval: 150,
      });
      // One that has not touched the tables is in nobody's way, where the server tells which it has.
      const isToldApart = lane.engine === 'mysql';
      expect((await seen(['other'])).includes(threadId)).toBe(!isToldApart);
      await writer.commit();
      await vi.waitFor(async () => expect(await seen()).not.toContain(threadId), {
        timeout: 15_000,
        interval: 150,
      });
    } finally {
      writer.destroy();
    }
  });
});
