import type { ForeignKey } from '../../shape/foreign-key.ts';
import { quoteName, quoteTable } from '../../sql/names.ts';
import type { CapturedTable } from '../capture.ts';
import { keyType, logKeyName, logName, ofRow } from './capture-names.ts';
import { type CascadeNode, cascadeTree, cascadingColumns, type RowChange } from './cascade-tree.ts';

/** What the statements need to know of a source's tables. */
export interface CascadeWeb {
  readonly schema: string;
  readonly tables: readonly CapturedTable[];
  /** Those whose two tables are captured. */
  readonly keys: readonly ForeignKey[];
}

/**
 * SQL for a trigger on the parent that notes each row which the server is about to change along with it: no trigger of a child
 * sees that. Empty where nothing follows this table.
 *
 * - `mark` first: see `CascadeMarks`.
 * - BEFORE, since afterwards nobody can say which rows were children. AFTER an update of a parent's key the children that
 *   have it in their own key are noted once more, under the new one.
 * - Rows are looked for with a shared lock, so they are what the server's own cascade finds, whatever the writer's snapshot.
 *   Never FOR UPDATE: a statement that also names the child's table would fail (1442).
 * - Row by row, never INSERT … SELECT: that holds the log's AUTO_INCREMENT lock to the end of the writer's statement
 *   (innodb_autoinc_lock_mode = 1, MariaDB's default), and a deadlock over it reaches the application as error 1467.
 */
export function noteBefore(web: CascadeWeb, table: string, event: 'UPDATE' | 'DELETE', mark: string): string {
  const columns = cascadingColumns(table, web.keys);
  const change: RowChange = event === 'DELETE' ? { kind: 'delete' } : { kind: 'update', columns };
  const nodes = cascadeTree(table, change, web.keys) ?? [];
  if (nodes.length === 0) return '';
  const steps = [mark, ...nodes.map((node) => noteNode(web, node, 'OLD', []))].join('\n');
  return event === 'DELETE' ? steps : `IF ${differ(columns)} THEN ${steps} END IF;`;
}

/** For the AFTER UPDATE trigger of the parent. */
export function noteAfter(web: CascadeWeb, table: string): string {
  const columns = cascadingColumns(table, web.keys);
  const nodes = withChangedKeys(web, cascadeTree(table, { kind: 'update', columns }, web.keys) ?? []);
  if (nodes.length === 0) return '';
  const steps = nodes.map((node) => noteNode(web, node, 'NEW', [])).join('\n');
  return `IF ${differ(columns)} THEN ${steps} END IF;`;
}

/** Bytes, not collations: a name that changes in case only is carried to the children too. */
function differ(columns: readonly string[]): string {
  const bytes = (row: string, column: string) => `CAST(${row}.${quoteName(column)} AS BINARY)`;
  return columns.map((column) => `NOT (${bytes('OLD', column)} <=> ${bytes('NEW', column)})`).join(' OR ');
}

/** The nodes on the way to rows whose own key changes. */
function withChangedKeys(web: CascadeWeb, nodes: readonly CascadeNode[]): CascadeNode[] {
  return nodes.flatMap((node) => {
    const kept = { ...node, nodes: withChangedKeys(web, node.nodes) };
    const { change } = node;
    const names = tableOf(web, node.child).key.flatMap(({ shape, hashed }) =>
      hashed === undefined ? [shape.name] : hashed.map(({ name }) => name),
    );
    const own = change.kind === 'update' && names.some((name) => change.columns.includes(name));
    return own || kept.nodes.length > 0 ? [kept] : [];
  });
}

/** A table on the way from the parent to the rows that are noted. */
interface Step {
  readonly place: string;
  /** Which of its rows are children of the step before, or of the trigger's row. */
  readonly on: string;
}

function noteNode(web: CascadeWeb, node: CascadeNode, parent: string, path: readonly Step[]): string {
  const alias = `banyan_${path.length + 1}`;
  const child = tableOf(web, node.child);
  const place = `${quoteTable(child.database, child.table)} ${alias}`;
  const steps = [...path, { place, on: node.keys.map((key) => isChild(key, alias, parent)).join(' OR ') }];
  const variables = child.key.map((_, index) => `banyan_key_${index + 1}`);
  const declared = child.key.map(({ shape }, index) => `DECLARE ${variables[index]} ${keyType(shape)};`);
  const keys = child.key.map((column) => ofRow(column, alias)).join(', ');
  const log = quoteTable(web.schema, logName(child.database, child.table));
  const names = child.key.map((_, index) => logKeyName(index)).join(', ');
  const deeper = node.nodes.map((one) => noteNode(web, one, alias, steps)).join('\n');
  return `BEGIN
      DECLARE banyan_rows BIGINT DEFAULT 0;
      DECLARE banyan_end BOOLEAN DEFAULT FALSE;
      ${declared.join(' ')}
      DECLARE banyan_found CURSOR FOR SELECT ${keys} ${fromClause(steps)} LOCK IN SHARE MODE;
      DECLARE CONTINUE HANDLER FOR NOT FOUND SET banyan_end = TRUE;
      OPEN banyan_found;
      FETCH banyan_found INTO ${variables.join(', ')};
      WHILE NOT banyan_end DO
        INSERT INTO ${log} (${names}) VALUES (${variables.join(', ')});
        SET banyan_rows = banyan_rows + 1;
        FETCH banyan_found INTO ${variables.join(', ')};
      END WHILE;
      CLOSE banyan_found;
      ${deeper === '' ? '' : `IF banyan_rows > 0 THEN ${deeper} END IF;`}
    END;`;
}

function isChild({ columns, parentColumns }: ForeignKey, child: string, parent: string): string {
  const equal = columns.map(
    (name, index) => `${child}.${quoteName(name)} = ${parent}.${quoteName(parentColumns[index] ?? '')}`,
  );
  return `(${equal.join(' AND ')})`;
}

/** In this order, whatever the statistics say: so only rows are read, and locked, that the cascade will change. */
function fromClause([first, ...further]: readonly Step[]): string {
  const joins = further.map(({ place, on }) => `STRAIGHT_JOIN ${place} ON ${on}`);
  return `FROM ${[first?.place, ...joins].join(' ')} WHERE ${first?.on}`;
}

function tableOf(web: CascadeWeb, name: string): CapturedTable {
  const found = web.tables.find(({ table }) => table === name);
  if (found === undefined) throw new Error(`no captured table ${name}`);
  return found;
}
