import type { ForeignKey } from '../../shape/foreign-key.ts';
import { quoteName, quoteTable } from '../../sql/names.ts';
import type { CapturedTable } from '../capture.ts';
import { keyType, logKeyName, logName, ofRow } from './capture-names.ts';

/** What the statements need to know of a source's tables. */
export interface CascadeWeb {
  readonly schema: string;
  readonly tables: readonly CapturedTable[];
  /** Those whose two tables are captured. */
  readonly keys: readonly ForeignKey[];
  /** Up to so many ways through the keys a trigger has each way by itself; see `cascadeTree`. */
  readonly waysMax: number;
}

/** A table on the way from the trigger's row to the rows that are noted. */
export interface Step {
  readonly place: string;
  /** Which of its rows are on the way, by the step before or by the trigger's row. */
  readonly on: string;
}

export function tableOf(web: CascadeWeb, name: string): CapturedTable {
  const found = web.tables.find(({ table }) => table === name);
  if (found === undefined) throw new Error(`no captured table ${name}`);
  return found;
}

/** What a parent is called, or each of its columns by its name. */
export type ParentRow = string | ((column: string) => string);

/** The children, called `alias`, of the step before or of the trigger's row. */
export function childrenStep(
  { database, table }: CapturedTable,
  alias: string,
  keys: readonly ForeignKey[],
  parent: ParentRow,
): Step {
  const on = keys.map((key) => isChild(key, alias, parent)).join(' OR ');
  return { place: `${quoteTable(database, table)} ${alias}`, on };
}

function isChild({ columns, parentColumns }: ForeignKey, child: string, parent: ParentRow): string {
  const ofParent = (name: string) =>
    typeof parent === 'string' ? `${parent}.${quoteName(name)}` : parent(name);
  const equal = columns.map(
    (name, index) => `${child}.${quoteName(name)} = ${ofParent(parentColumns[index] ?? '')}`,
  );
  return `(${equal.join(' AND ')})`;
}

export interface NotedChildren {
  readonly child: CapturedTable;
  /** What it is called in the last of the steps. */
  readonly alias: string;
  readonly steps: readonly Step[];
  /** Declarations, a statement after the entry of each row, and one after all. */
  readonly declare?: string;
  readonly each?: string;
  readonly afterwards?: string;
}

/**
 * A block of a trigger that notes each row at the end of the steps. The rows' keys are in `keyVariable`s.
 *
 * - Rows are looked for with a shared lock, so they are what the server's own cascade finds, whatever the writer's snapshot.
 *   Never FOR UPDATE: a statement that also names the child's table would fail (1442).
 * - Row by row, never INSERT … SELECT: that holds the log's AUTO_INCREMENT lock to the end of the writer's statement
 *   (innodb_autoinc_lock_mode = 1, MariaDB's default), and a deadlock over it reaches the application as error 1467.
 */
export function noteChildren(web: CascadeWeb, noted: NotedChildren): string {
  const { child, alias, steps, declare = '', each = '', afterwards = '' } = noted;
  const variables = child.key.map((_, index) => keyVariable(index)).join(', ');
  const declared = child.key.map(({ shape }, index) => `DECLARE ${keyVariable(index)} ${keyType(shape)};`);
  const keys = child.key.map((column) => ofRow(column, alias)).join(', ');
  const log = quoteTable(web.schema, logName(child.database, child.table));
  const names = child.key.map((_, index) => logKeyName(index)).join(', ');
  return `BEGIN
      DECLARE banyan_end BOOLEAN DEFAULT FALSE;
      ${declared.join(' ')}
      ${declare}
      DECLARE banyan_found CURSOR FOR SELECT ${keys} ${fromClause(steps)} LOCK IN SHARE MODE;
      DECLARE CONTINUE HANDLER FOR NOT FOUND SET banyan_end = TRUE;
      OPEN banyan_found;
      FETCH banyan_found INTO ${variables};
      WHILE NOT banyan_end DO
        INSERT INTO ${log} (${names}) VALUES (${variables});
        ${each}
        FETCH banyan_found INTO ${variables};
      END WHILE;
      CLOSE banyan_found;
      ${afterwards}
    END;`;
}

export function keyVariable(index: number): string {
  return `banyan_key_${index + 1}`;
}

/** In this order, whatever the statistics say: so only rows are read, and locked, that the cascade will change. */
function fromClause([first, ...further]: readonly Step[]): string {
  const joins = further.map(({ place, on }) => `STRAIGHT_JOIN ${place} ON ${on}`);
  return `FROM ${[first?.place, ...joins].join(' ')} WHERE ${first?.on}`;
}
