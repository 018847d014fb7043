import { fenceRefusalBegins } from '../../common/fence-refusal.ts';
import type { MoveSpec } from '../move-spec.ts';
import { derivedName, quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { featureOf } from './fence-row.ts';

/** Statements that a closed fence has refused. */
export interface RefusedWrites {
  /** Since the fence was closed. */
  readonly count: number;
  /** When it was closed, ISO 8601, the server's clock; null: it never was. */
  readonly closedAt: string | null;
}

/** Somebody whose statement was refused, as far as the server still knows. */
export interface RefusedStatement {
  readonly user: string;
  readonly host: string;
  /** Without its values. */
  readonly statement: string;
  /** Tells it from the same statement at another time. */
  readonly id: string;
}

/**
 * Counts the statements that one side's fence refuses. What a trigger writes is rolled back with the statement that it refuses, and nothing
 * but InnoDB's locks may be taken on a writer's way. So it inserts a row into a table of its own all the same: the row is gone, but the number that
 * AUTO_INCREMENT gave it is used up. A row that stays marks the last closing.
 */
export class Refusals {
  readonly #schema: string;
  readonly #name: string;

  constructor(schema: string, database: string, feature: string) {
    this.#schema = schema;
    this.#name = derivedName('fence_hits', database, feature);
  }

  static of(spec: MoveSpec, side: 'source' | 'target'): Refusals {
    return new Refusals(spec.bookkeepingSchema, spec[side].database, featureOf(spec));
  }

  /** The table in banyan's schema. */
  get table(): string {
    return this.#name;
  }

  get creation(): string {
    return `CREATE TABLE IF NOT EXISTS ${quoteTable(this.#schema, this.#name)} (
         id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
       ) ENGINE = InnoDB`;
  }

  /** For triggers, before they refuse. */
  get countStatement(): string {
    return `INSERT INTO ${quoteTable(this.#schema, this.#name)} () VALUES ()`;
  }

  /** The fence was closed: what is refused from here on counts. */
  async mark(session: Session): Promise<void> {
    await session.run(this.countStatement);
  }

  /** Of markers the last one is read: those before it go, while nobody waits for the fence. Their numbers stay used up. */
  async forgetEarlier(session: Session): Promise<void> {
    const table = quoteTable(this.#schema, this.#name);
    const [last] = await session.texts(`SELECT MAX(id) FROM ${table}`);
    if (last?.[0] != null) await session.run(`DELETE FROM ${table} WHERE id < ${Number(last[0])}`);
  }

  async read(session: Session): Promise<RefusedWrites> {
    const [next] = await session.texts(
      `SELECT AUTO_INCREMENT FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = ${quoteText(this.#schema)} AND TABLE_NAME = ${quoteText(this.#name)}`,
    );
    if (next === undefined) return { count: 0, closedAt: null };
    const [last] = await session.texts(
      `SELECT id, DATE_FORMAT(at, '%Y-%m-%dT%H:%i:%s.%fZ') FROM ${quoteTable(this.#schema, this.#name)}
        ORDER BY id DESC LIMIT 1`,
    );
    const closedAt = last?.[1]?.replace(/\d{3}Z$/, 'Z') ?? null;
    return { count: Math.max(0, Number(next[0] ?? 1) - 1 - Number(last?.[0] ?? 0)), closedAt };
  }
}

/**
 * Whose statements this server's fences refused, of those that each open connection ran last. Null where the server does not
 * say: its performance schema is off or keeps no history, or this account may not read it.
 */
export async function refusedStatements(
  session: Session,
  tables: readonly string[],
): Promise<RefusedStatement[] | null> {
  const named = tables.map((table) => `INSTR(DIGEST_TEXT, ${quoteText(table)}) > 0`).join(' OR ');
  try {
    const [kept] = await session.texts(
      `SELECT COUNT(*) FROM performance_schema.events_statements_history JOIN performance_schema.threads USING (THREAD_ID)
        WHERE PROCESSLIST_ID = CONNECTION_ID()`,
    );
    if (kept?.[0] === '0') return null;
    const rows = await session.texts(
      `SELECT PROCESSLIST_USER, PROCESSLIST_HOST, DIGEST_TEXT, CONCAT(THREAD_ID, ':', EVENT_ID)
         FROM performance_schema.events_statements_history JOIN performance_schema.threads USING (THREAD_ID)
        WHERE MESSAGE_TEXT LIKE ${quoteText(`${fenceRefusalBegins}%`)} AND EVENT_NAME LIKE 'statement/sql/%' AND (${named})`,
    );
    return rows.map(([user, host, statement, id]) => ({
      ...{ user: user ?? '', host: host ?? '', statement: statement ?? '', id: id ?? '' },
    }));
  } catch {
    // A server that may not be asked is one that does not say; what is counted stands all the same.
    return null;
  }
}
