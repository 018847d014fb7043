import { cascades, changesChildren, type ForeignKey } from '../../shape/foreign-key.ts';

/** What happens to rows: they go, or some of their columns change. */
export type RowChange =
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly columns: readonly string[] };

/** Rows of a child table that a change of rows of its parent changes in the same way. */
export interface CascadeNode {
  readonly child: string;
  readonly change: RowChange;
  /** Any of them makes a row a child. */
  readonly keys: readonly ForeignKey[];
  readonly nodes: readonly CascadeNode[];
}

/**
 * Both engines refuse a change that cascades over more levels (tried on MariaDB 10.11 and MySQL 9.7: errno 1296 and 3008), a
 * table that refers to itself included.
 */
const deepest = 14;

/** A trigger with more steps would cost more to open than it is worth. */
export const cascadeStepsMax = 500;

/**
 * All rows that the server changes along with a changed row of `table`, by way of foreign keys, level by level. Too much is
 * no fault, too little is a loss: what one engine stops at (a ring that comes back to where it began) is followed here.
 *
 * Null where the keys form such a web that there are more than `cascadeStepsMax` ways through it.
 */
export function cascadeTree(
  table: string,
  change: RowChange,
  keys: readonly ForeignKey[],
): readonly CascadeNode[] | null {
  let steps = 0;
  const below = (parent: string, changed: RowChange, depth: number): CascadeNode[] => {
    if (depth > deepest) return [];
    const reached = keys.flatMap((key) => {
      const childChange = key.parent === parent ? changeOfChild(key, changed) : null;
      return childChange === null ? [] : [{ key, change: childChange }];
    });
    const alike = Map.groupBy(reached, (one) => `${one.key.child}\0${one.change.kind}`);
    return [...alike.values()].flatMap((group) => {
      steps += 1;
      const [first] = group;
      if (first === undefined || steps > cascadeStepsMax) return [];
      const { child } = first.key;
      const all = joined(group.map((one) => one.change));
      return [{ child, change: all, keys: group.map((one) => one.key), nodes: below(child, all, depth + 1) }];
    });
  };
  const tree = below(table, change, 1);
  return steps > cascadeStepsMax ? null : tree;
}

/** Null where the children stay as they are. */
function changeOfChild(key: ForeignKey, change: RowChange): RowChange | null {
  const update = { kind: 'update', columns: key.columns } as const;
  if (change.kind === 'delete') {
    if (!changesChildren(key.onDelete)) return null;
    return key.onDelete.toUpperCase() === 'CASCADE' ? { kind: 'delete' } : update;
  }
  if (!changesChildren(key.onUpdate)) return null;
  return key.parentColumns.some((name) => change.columns.includes(name)) ? update : null;
}

function joined(changes: readonly RowChange[]): RowChange {
  const columns = changes.flatMap((change) => (change.kind === 'update' ? change.columns : []));
  return changes.some(({ kind }) => kind === 'delete')
    ? { kind: 'delete' }
    : { kind: 'update', columns: [...new Set(columns)] };
}

/** Columns of `table` by which rows are children that an update of the column changes. */
export function cascadingColumns(table: string, keys: readonly ForeignKey[]): string[] {
  const followed = keys.filter((key) => key.parent === table && changesChildren(key.onUpdate));
  return [...new Set(followed.flatMap((key) => key.parentColumns))];
}

/** Tables whose rows a cascade may change. */
export function cascadedTables(keys: readonly ForeignKey[]): Set<string> {
  return new Set(keys.filter(cascades).map((key) => key.child));
}
