import type { ChangeEvent } from '../capture/triggers/capture-names.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import type { FenceRow } from './fence-row.ts';
import { createFenceStatement, fenceEvents, fenceTriggerBody, isFenceTrigger } from './fence-statements.ts';
import type { Refusals } from './refusals.ts';

export interface FenceTrigger {
  readonly table: string;
  readonly event: ChangeEvent;
}

export interface StandingTrigger {
  readonly name: string;
  readonly table: string;
}

/** The fence's triggers on the tables of one side. */
export class FenceTriggers {
  readonly #database: string;
  readonly #tables: readonly string[];
  readonly #row: FenceRow;
  readonly #refusals: Refusals;

  constructor(database: string, tables: readonly string[], row: FenceRow, refusals: Refusals) {
    this.#database = database;
    this.#tables = tables;
    this.#row = row;
    this.#refusals = refusals;
  }

  get all(): readonly FenceTrigger[] {
    return this.#tables.flatMap((table) => fenceEvents.map((event) => ({ table, event })));
  }

  create({ table, event }: FenceTrigger, tag: string, body: string): string {
    return createFenceStatement(this.#database, table, event, tag, body);
  }

  /** Of each of them; it holds the hash of the row's pass. */
  async body(session: Session): Promise<string> {
    return fenceTriggerBody(this.#row, this.#refusals, await this.#row.passHash(session));
  }

  drop(name: string): string {
    return `DROP TRIGGER IF EXISTS ${quoteTable(this.#database, name)}`;
  }

  /** Every fence trigger on these tables, whole or not. */
  async standing(session: Session): Promise<StandingTrigger[]> {
    return (await this.#read(session)).map(([name, table]) => ({ name: name ?? '', table: table ?? '' }));
  }

  /** Tables and events that no trigger guards as it should; with a tag, no trigger of that tag. `body`: as `body` has told it. */
  async missing(session: Session, tag: string | null, body?: string): Promise<FenceTrigger[]> {
    const wanted = body ?? (await this.body(session));
    const found = await this.#read(session);
    const whole = found.filter(([, , , timing, body]) => timing === 'BEFORE' && body === wanted);
    const guards = tag === null ? whole : whole.filter(([name]) => name?.includes(`_${tag}_`));
    const guarded = new Set(guards.map(([, table, event]) => `${event} ${table}`));
    return this.all.filter(({ table, event }) => !guarded.has(`${event} ${table}`));
  }

  /** Compared as bytes: MariaDB's catalogue would find only one of `IN ('a_b', 'A_B')`. */
  async #read(session: Session): Promise<(string | null)[][]> {
    const rows = await session.texts(
      `SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_STATEMENT
         FROM information_schema.TRIGGERS
        WHERE TRIGGER_SCHEMA = ${quoteText(this.#database)}
          AND CAST(EVENT_OBJECT_TABLE AS BINARY) IN (${this.#tables.map(quoteText).join(', ')})`,
    );
    return rows.filter(([name]) => isFenceTrigger(name ?? ''));
  }
}
