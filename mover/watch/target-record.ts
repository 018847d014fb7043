import { BanyanError } from '../../common/errors.ts';
import type { MoveContext } from '../move-context.ts';
import { sideTables } from '../move-spec.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { forgetNumbers, readIdentities, sameIdentity } from './table-identity.ts';

/**
 * What the target's tables were when their rows were known to be right, on the target's own server. The fence's triggers see
 * no TRUNCATE, no partition dropped or exchanged, no table renamed into the place; InnoDB's numbers of the tables do.
 */
export class TargetRecord {
  readonly #context: MoveContext;
  readonly #table: string;

  constructor(context: MoveContext) {
    this.#context = context;
    this.#table = quoteTable(context.spec.bookkeepingSchema, 'mover_targets');
  }

  async ensureTable(session: Session): Promise<void> {
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
         move_id VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         table_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         identity TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         PRIMARY KEY (move_id, table_name)
       ) ENGINE = InnoDB`,
    );
  }

  /** From now on the tables are to stay as they are. */
  async adopt(session: Session): Promise<void> {
    const { spec } = this.#context;
    forgetNumbers(session);
    const present = await this.#present(session);
    await this.#context.guardedBooks(session, async () => {
      await session.run(`DELETE FROM ${this.#table} WHERE move_id = ${quoteText(spec.id)}`);
      const rows = [...present].map(
        ([table, identity]) => `(${quoteText(spec.id)}, ${quoteText(table)}, ${quoteText(identity)})`,
      );
      await session.run(
        `INSERT INTO ${this.#table} (move_id, table_name, identity) VALUES ${rows.join(', ')}`,
      );
    });
  }

  async forget(session: Session): Promise<void> {
    await this.#context.guardedBooks(session, async () => {
      await session.run(`DELETE FROM ${this.#table} WHERE move_id = ${quoteText(this.#context.spec.id)}`);
    });
  }

  /** Tables that are not the ones that were recorded: truncated, rebuilt, replaced, or gone. */
  async changed(session: Session): Promise<string[]> {
    const rows = await session.texts(
      `SELECT table_name, identity FROM ${this.#table} WHERE move_id = ${quoteText(this.#context.spec.id)}`,
    );
    if (rows.length === 0) return [];
    const present = await this.#present(session);
    return rows.flatMap(([table, identity]) =>
      table && present.has(table) && !sameIdentity(present.get(table) ?? '', identity ?? '') ? [table] : [],
    );
  }

  /** @throws BanyanError BANYAN_TARGET_CHANGED */
  async check(session: Session): Promise<void> {
    const tables = await this.changed(session);
    if (tables.length === 0) return;
    const { host, port, database } = this.#context.spec.target;
    throw new BanyanError(
      'BANYAN_TARGET_CHANGED',
      `${tables.map((table) => `${database}.${table}`).join(', ')} on ${host}:${port} was truncated, rebuilt or replaced (or a partition of it) behind the fence: rows may be missing there`,
      {
        fix: 'Find out who did it; then `banyan repair` or `banyan resume`: it compares the rows and carries over what is missing.',
        details: { database, tables },
      },
    );
  }

  #present(session: Session): Promise<Map<string, string>> {
    const { spec } = this.#context;
    return readIdentities(session, spec.target.database, sideTables(spec, 'target'));
  }
}
