import { deleteByNumber } from '../../sql/delete-by-number.ts';
import { quoteTable, quoteText } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import type { CascadeQueue } from './cascade-queue.ts';

/** Marks removed by one statement. */
const forgottenAtOnce = 5_000;

function marksTable(schema: string): string {
  return quoteTable(schema, 'mover_cascades');
}

/** What a trigger does before it looks for the rows that a cascade will change. */
export function markCascade(schema: string): string {
  return `INSERT INTO ${marksTable(schema)} () VALUES ();`;
}

/**
 * Marks that writers leave, each in its own transaction, before they look for rows that a cascade of theirs will change.
 *
 * Between that look and the server's cascade another transaction may add a child and commit: the cascade takes it along,
 * and the only entry that names it is the other transaction's. If that entry were applied and forgotten at once, the target would
 * keep the row for ever. So entries of a table that a cascade may change count only once every cascade has ended that was
 * under way when they were seen: such an entry was committed after the look, and so after the mark, which an uncommitted
 * read finds. The rows are read from the source after that.
 *
 * It costs child writers nothing, and nobody waits for a lock: a long transaction that deletes parents delays only what the
 * applier does with their children's tables.
 */
export class CascadeMarks {
  readonly #schema: string;
  readonly #table: string;
  readonly #queue: CascadeQueue | null;

  /** `queue`: where cascades go through one, whose rows are done with when the cascade is. */
  constructor(schema: string, queue: CascadeQueue | null) {
    this.#schema = schema;
    this.#table = marksTable(schema);
    this.#queue = queue;
  }

  async ensureTables(session: Session): Promise<void> {
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
         seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY
       ) ENGINE = InnoDB`,
    );
    await this.#queue?.ensureTable(session);
  }

  /** Whether the tables are there. */
  async stand(session: Session): Promise<boolean> {
    const names = ['mover_cascades', ...(this.#queue === null ? [] : ['mover_cascade_rows'])];
    const rows = await session.texts(
      `SELECT 1 FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = ${quoteText(this.#schema)} AND TABLE_NAME IN (${names.map(quoteText).join(', ')})`,
    );
    return rows.length === names.length;
  }

  /**
   * Cascades under way: marks that are there and not committed, up to and including `upTo` if it is given. Removes those
   * of cascades that have ended.
   */
  async open(session: Session, upTo: bigint | null = null): Promise<bigint[]> {
    await this.#queue?.forgetEnded(session);
    // For the next transaction only, which is the next statement.
    await session.run('SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED');
    const there = await this.#read(session, upTo);
    if (there.length === 0) return [];
    const committed = new Set(await this.#read(session, upTo));
    await deleteByNumber(session, this.#table, 'seq', [...committed].slice(0, forgottenAtOnce));
    return there.filter((mark) => !committed.has(mark));
  }

  async #read(session: Session, upTo: bigint | null): Promise<bigint[]> {
    const where = upTo === null ? '' : ` WHERE seq <= ${upTo}`;
    const rows = await session.texts(`SELECT seq FROM ${this.#table}${where}`);
    return rows.map(([seq]) => BigInt(seq ?? 0));
  }
}
