import { isTableMissing } from '../../../common/table-missing.ts';
import type { ForeignKey } from '../../shape/foreign-key.ts';
import { deleteByNumber } from '../../sql/delete-by-number.ts';
import { quoteTable } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import type { CapturedTable } from '../capture.ts';
import { isInstant, logKeyName, logName, ofRow } from './capture-names.ts';
import type { CascadeState } from './cascade-graph.ts';
import { deepest } from './cascade-tree.ts';
import {
  type CascadeWeb,
  childrenStep,
  keyVariable,
  noteChildren,
  type ParentRow,
  type Step,
  tableOf,
} from './note-children.ts';

/** Runs whose rows are removed by one statement. */
const forgottenAtOnce = 1_000;
/** Greater than every other: TINYINT, SMALLINT and INT UNSIGNED. */
const last = { level: 255, state: 65_535, turn: 4_294_967_295 };

function queueTable(schema: string): string {
  return quoteTable(schema, 'mover_cascade_rows');
}

/**
 * Notes what a change of the trigger's row takes along, in a web of keys with too many ways through it to write down each. Every
 * row that is noted and may have children joins a queue, and the children of all rows that joined it on one level are
 * looked for together. So a trigger has one statement for each table, change and key, and a row's children are looked for
 * once, however many ways lead to the row.
 *
 * - Level by level: a row is met on its highest level first, so nothing is missed below where the servers stop.
 * - The queue's rows stay until their transaction has ended, and the mover removes them (`CascadeQueue`). Removing them
 *   here would keep all other transactions from using the queue until this one ends.
 * - Tables of banyan's own stand under their names, without others: a server opens a table once for each name that a trigger has for it,
 *   and every DELETE opens what the triggers of all tables below name.
 * - A look at an index locks the gaps between the rows that it passes, to the end of the transaction. So each run has a
 *   first and a last row, made before it looks: all its gaps are its own.
 */
export function noteByQueue(
  web: CascadeWeb,
  states: readonly CascadeState[],
  trigger: 'OLD' | 'NEW',
): string {
  const queue = queueTable(web.schema);
  const [root, ...met] = states;
  const first = root === undefined ? '' : noteBelow(web, states, root, () => [[], trigger], beginRun(queue));
  const queued = met.flatMap((state, index) =>
    state.below.length === 0 ? [] : [{ state, number: index + 1 }],
  );
  if (queued.length === 0) return first;
  const counters = queued.flatMap(({ number }) => [waiting(number), joined(number)]);
  const turnOver = queued.map(
    ({ number }) => `${waiting(number)} = ${joined(number)}, ${joined(number)} = 0`,
  );
  const rounds = queued.map(({ state, number }) => {
    const notes = noteBelow(web, states, state, (key) => stepsTo(web, state, number, key));
    return `IF ${waiting(number)} > 0 THEN ${notes} END IF;`;
  });
  return `BEGIN
      DECLARE banyan_run, banyan_noted BIGINT UNSIGNED;
      DECLARE banyan_level INT DEFAULT 0;
      DECLARE banyan_turn, banyan_before BIGINT DEFAULT 0;
      DECLARE ${counters.join(', ')} INT DEFAULT 0;
      ${first}
      WHILE banyan_turn > banyan_before DO
        SET banyan_level = banyan_level + 1, banyan_before = banyan_turn, ${turnOver.join(', ')};
        IF banyan_level < ${deepest} THEN ${rounds.join('\n')} END IF;
      END WHILE;
    END;`;
}

/** Before the first row joins: most rows have no children. */
function beginRun(queue: string): string {
  return `IF banyan_run IS NULL THEN
            INSERT INTO ${queue} (level, state, turn, digest) VALUES (0, 0, 0, '');
            SET banyan_run = LAST_INSERT_ID();
            INSERT INTO ${queue} (run, level, state, turn, digest)
            VALUES (banyan_run, ${last.level}, ${last.state}, ${last.turn}, '');
          END IF;`;
}

/** How many rows of a state have their turn now, and how many joined since. */
function waiting(state: number): string {
  return `banyan_waiting_${state}`;
}

function joined(state: number): string {
  return `banyan_joined_${state}`;
}

/** The way to a state's rows whose turn it is, and what they are called where the key's children are looked for. */
function stepsTo(web: CascadeWeb, state: CascadeState, number: number, key: ForeignKey): [Step[], ParentRow] {
  const { database, table, key: own } = tableOf(web, state.table);
  const queue = queueTable(web.schema);
  const log = quoteTable(web.schema, logName(database, table));
  const steps = [
    {
      place: queue,
      on: `${queue}.run = banyan_run AND ${queue}.level = banyan_level AND ${queue}.state = ${number}`,
    },
    { place: log, on: `${log}.seq = ${queue}.entry` },
  ];
  const named = new Map(
    own.flatMap(({ shape, number: byNumber, hashed }, index) =>
      byNumber || hashed || isInstant(shape) ? [] : [[shape.name, `${log}.${logKeyName(index)}`]],
    ),
  );
  // Its log has what most keys refer to.
  if (key.parentColumns.every((name) => named.has(name))) return [steps, (name) => named.get(name) ?? ''];
  // The bare column wherever there is one, so that its index serves.
  const equal = own.map((column, index) => {
    const value =
      column.hashed || isInstant(column.shape) ? ofRow(column, 'banyan_2') : `banyan_2.${column.sql}`;
    return `${value} = ${log}.${logKeyName(index)}`;
  });
  const row = { place: `${quoteTable(database, table)} banyan_2`, on: equal.join(' AND ') };
  return [[...steps, row], 'banyan_2'];
}

/** Key by key, so that an index leads to the children. */
function noteBelow(
  web: CascadeWeb,
  states: readonly CascadeState[],
  state: CascadeState,
  above: (key: ForeignKey) => [Step[], ParentRow],
  begin = '',
): string {
  const blocks = state.below.flatMap(({ state: number, keys }) => {
    const to = states[number];
    if (to === undefined) throw new Error(`no state ${number}`);
    const child = tableOf(web, to.table);
    const each = to.below.length === 0 ? '' : joinQueue(web, child, number, to.isShared, begin);
    return keys.map((key) => {
      const [before, parent] = above(key);
      const steps = [...before, childrenStep(child, 'banyan_3', [key], parent)];
      return noteChildren(web, { child, alias: 'banyan_3', steps, each });
    });
  });
  return blocks.join('\n');
}

function joinQueue(
  web: CascadeWeb,
  child: CapturedTable,
  state: number,
  isShared: boolean,
  begin: string,
): string {
  const queue = queueTable(web.schema);
  const digest = isShared ? digestOf(child) : 'NULL';
  const push = `SET banyan_turn = banyan_turn + 1, ${joined(state)} = ${joined(state)} + 1;
          INSERT INTO ${queue} (run, level, state, turn, entry, digest)
          VALUES (banyan_run, banyan_level + 1, ${state}, banyan_turn, banyan_noted, ${digest});`;
  const isMet = `EXISTS (SELECT 1 FROM ${queue} WHERE run = banyan_run AND state = ${state} AND digest = ${digest})`;
  return `SET banyan_noted = LAST_INSERT_ID();
        ${begin}
        ${isShared ? `IF NOT ${isMet} THEN ${push} END IF;` : push}`;
}

/** Of the key's bytes: no two keys have the same. */
function digestOf({ key }: CapturedTable): string {
  const bytes = key.map((_, index) => `HEX(CAST(${keyVariable(index)} AS BINARY))`);
  return `UNHEX(SHA2(CONCAT_WS(',', ${bytes.join(', ')}), 256))`;
}

/** The rows that `noteByQueue` writes, on the mover's side. */
export class CascadeQueue {
  readonly #table: string;

  constructor(schema: string) {
    this.#table = queueTable(schema);
  }

  async ensureTable(session: Session): Promise<void> {
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
         run BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
         level TINYINT UNSIGNED NOT NULL,
         state SMALLINT UNSIGNED NOT NULL,
         turn INT UNSIGNED NOT NULL,
         entry BIGINT UNSIGNED NULL,
         digest VARBINARY(32) NULL,
         PRIMARY KEY (run, level, state, turn),
         UNIQUE KEY met (run, state, digest)
       ) ENGINE = InnoDB`,
    );
  }

  /**
   * Removes rows of transactions that have ended: those that can be seen. Where another version of banyan made the triggers, way by way, the
   * table may be missing.
   */
  async forgetEnded(session: Session): Promise<void> {
    const runs = await session
      .texts(`SELECT DISTINCT run FROM ${this.#table} LIMIT ${forgottenAtOnce}`)
      .catch((error: unknown) => {
        if (isTableMissing(error)) return [];
        throw error;
      });
    await deleteByNumber(
      session,
      this.#table,
      'run',
      runs.map(([run]) => BigInt(run ?? 0)),
    );
  }
}
