import { quoteName } from '../../sql/names.ts';
import { cascadeGraph, onlyTowards } from './cascade-graph.ts';
import { noteByQueue } from './cascade-queue.ts';
import { type CascadeNode, cascadeTree, cascadingColumns, type RowChange } from './cascade-tree.ts';
import { type CascadeWeb, childrenStep, noteChildren, type Step, tableOf } from './note-children.ts';

/**
 * SQL for a trigger on the parent that notes each row which the server is about to change along with it: no trigger of a child
 * sees that. Empty where nothing follows this table.
 *
 * - `mark` first: see `CascadeMarks`.
 * - BEFORE, since afterwards nobody can say which rows were children. AFTER an update of a parent's key the children that
 *   have it in their own key are noted once more, under the new one.
 * - Each way through the keys is a statement of its own; where there are too many, the rows go through a queue: see `noteByQueue`.
 */
export function noteBefore(web: CascadeWeb, table: string, event: 'UPDATE' | 'DELETE', mark: string): string {
  const columns = cascadingColumns(table, web.keys);
  const change = changeOf(event, columns);
  const nodes = cascadeTree(table, change, web.keys, web.waysMax);
  if (nodes?.length === 0) return '';
  const notes = nodes
    ? noteAll(web, nodes, 'OLD')
    : noteByQueue(web, cascadeGraph(table, change, web.keys), 'OLD');
  const steps = `${mark}\n${notes}`;
  return event === 'DELETE' ? steps : `IF ${differ(columns)} THEN ${steps} END IF;`;
}

/** For the AFTER UPDATE trigger of the parent. */
export function noteAfter(web: CascadeWeb, table: string): string {
  const columns = cascadingColumns(table, web.keys);
  const notes = noteChangedKeys(web, table, { kind: 'update', columns });
  return notes === '' ? '' : `IF ${differ(columns)} THEN ${notes} END IF;`;
}

/** Whether some cascade of these tables goes through the queue. */
export function needsQueue(web: CascadeWeb): boolean {
  return web.tables.some(({ table }) =>
    (['DELETE', 'UPDATE'] as const).some((event) => {
      const change = changeOf(event, cascadingColumns(table, web.keys));
      return cascadeTree(table, change, web.keys, web.waysMax) === null;
    }),
  );
}

function changeOf(event: 'UPDATE' | 'DELETE', columns: readonly string[]): RowChange {
  return event === 'DELETE' ? { kind: 'delete' } : { kind: 'update', columns };
}

/** Bytes, not collations: a name that changes in case only is carried to the children too. */
function differ(columns: readonly string[]): string {
  const bytes = (row: string, column: string) => `CAST(${row}.${quoteName(column)} AS BINARY)`;
  return columns.map((column) => `NOT (${bytes('OLD', column)} <=> ${bytes('NEW', column)})`).join(' OR ');
}

function noteChangedKeys(web: CascadeWeb, table: string, change: RowChange): string {
  const nodes = cascadeTree(table, change, web.keys, web.waysMax);
  if (nodes !== null) return noteAll(web, withChangedKeys(web, nodes), 'NEW');
  const [root, ...below] = cascadeGraph(table, change, web.keys);
  const states = onlyTowards(
    root === undefined ? [] : [root, ...below],
    (state) => state !== root && changesKey(web, state.table, state.change),
  );
  return states[0]?.below.length === 0 ? '' : noteByQueue(web, states, 'NEW');
}

/** The nodes on the way to rows whose own key changes. */
function withChangedKeys(web: CascadeWeb, nodes: readonly CascadeNode[]): CascadeNode[] {
  return nodes.flatMap((node) => {
    const kept = { ...node, nodes: withChangedKeys(web, node.nodes) };
    return changesKey(web, node.child, node.change) || kept.nodes.length > 0 ? [kept] : [];
  });
}

function changesKey(web: CascadeWeb, table: string, change: RowChange): boolean {
  const names = tableOf(web, table).key.flatMap(({ shape, hashed }) =>
    hashed === undefined ? [shape.name] : hashed.map(({ name }) => name),
  );
  return change.kind === 'update' && names.some((name) => change.columns.includes(name));
}

function noteAll(web: CascadeWeb, nodes: readonly CascadeNode[], parent: string): string {
  return nodes.map((node) => noteNode(web, node, parent, [])).join('\n');
}

function noteNode(web: CascadeWeb, node: CascadeNode, parent: string, path: readonly Step[]): string {
  const alias = `banyan_${path.length + 1}`;
  const child = tableOf(web, node.child);
  const steps = [...path, childrenStep(child, alias, node.keys, parent)];
  if (node.nodes.length === 0) return noteChildren(web, { child, alias, steps });
  const deeper = node.nodes.map((one) => noteNode(web, one, alias, steps)).join('\n');
  return noteChildren(web, {
    ...{ child, alias, steps },
    declare: 'DECLARE banyan_rows BIGINT DEFAULT 0;',
    each: 'SET banyan_rows = banyan_rows + 1;',
    afterwards: `IF banyan_rows > 0 THEN ${deeper} END IF;`,
  });
}
