import mysql from 'mysql2/promise';
import { it } from 'vitest';
import { Link } from '../../../mover/sql/link.ts';
import { runAlone } from '../../../mover/sql/run-alone.ts';
import { describeOnEngine } from '../../support/databases.ts';

/** So much that a server needs more than 30 ms to parse it, as it may for the triggers of deep cascades when it is busy. */
const block =
  'BEGIN DECLARE r INT; DECLARE f CURSOR FOR SELECT n FROM t WHERE id = OLD.id; OPEN f; CLOSE f; END;\n';
const longTrigger = `CREATE TRIGGER long_one BEFORE DELETE ON t FOR EACH ROW
  BEGIN IF OLD.id < 0 THEN ${block.repeat(8_000)} END IF; END`;

// MySQL parses triggers in another way; there, a statement is killed in time.
describeOnEngine('mariadb', 'a statement that needs a table for itself', (lane) => {
  it('leaves the table usable, however long its triggers are', async () => {
    await using database = await lane.createDatabase('a');
    const client = await mysql.createConnection(database);
    const links = {
      work: new Link({ endpoint: database, lockWaitSeconds: 1 }),
      kill: new Link({ endpoint: database, lockWaitSeconds: 1 }),
    };
    try {
      await client.query('CREATE TABLE t (id INT PRIMARY KEY, n INT)');
      await client.query('INSERT INTO t VALUES (1, 1)');
      await client.query(longTrigger);
      // Nobody has opened the table since it got its trigger, so this statement is the one that parses it, and takes longer than it may.
      await runAlone(links, 'CREATE TRIGGER another AFTER DELETE ON t FOR EACH ROW SET @a = 1', {
        patienceMs: 30,
        signal: new AbortController().signal,
        timedOut: (cause) => new Error('no moment', { cause }),
      }).catch(() => undefined);
      await client.query('UPDATE t SET n = n + 1 WHERE id = 1');
    } finally {
      for (const link of [links.work, links.kill]) link.close();
      await client.end();
    }
  });
});
