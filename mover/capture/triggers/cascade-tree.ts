import { cascades, changesChildren, type ForeignKey } from '../../shape/foreign-key.ts';

/** What happens to rows: they go, or some of their columns change. */
export type RowChange =
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly columns: readonly string[] };

/** Rows of a child table that a change of rows of its parent changes in the same way. */
export interface ChangedChildren {
  readonly child: string;
  readonly change: RowChange;
  /** Any of them makes a row a child. */
  readonly keys: readonly ForeignKey[];
}

export interface CascadeNode extends ChangedChildren {
  readonly nodes: readonly CascadeNode[];
}

/**
 * Both engines refuse a change that cascades over more levels (tried on MariaDB 10.11 and MySQL 9.7: errno 1296 and 3008), a
 * table that refers to itself included.
 */
export const deepest = 14;

/**
 * All rows that the server changes along with a changed row of `table`, by way of foreign keys, level by level. Too much is
 * no fault, too little is a loss: what one engine stops at (a ring that comes back to where it began) is followed here.
 *
 * Null where the keys form such a web that there are more than `waysMax` ways through it: see `cascadeGraph`.
 */
export function cascadeTree(
  table: string,
  change: RowChange,
  keys: readonly ForeignKey[],
  waysMax: number,
): readonly CascadeNode[] | null {
  let ways = 0;
  const below = (parent: string, changed: RowChange, depth: number): CascadeNode[] => {
    if (depth > deepest) return [];
    return changedChildren(parent, changed, keys).flatMap((one) => {
      ways += 1;
      return ways > waysMax ? [] : [{ ...one, nodes: below(one.child, one.change, depth + 1) }];
    });
  };
  const tree = below(table, change, 1);
  return ways > waysMax ? null : tree;
}

/** The rows one level below. */
export function changedChildren(
  parent: string,
  changed: RowChange,
  keys: readonly ForeignKey[],
): ChangedChildren[] {
  const reached = keys.flatMap((key) => {
    const change = key.parent === parent ? changeOfChild(key, changed) : null;
    return change === null ? [] : [{ key, change }];
  });
  const alike = Map.groupBy(reached, ({ key, change }) => `${key.child}\0${change.kind}`);
  return [...alike.values()].map((group) => ({
    child: group[0]?.key.child ?? '',
    change: joined(group.map((one) => one.change)),
    keys: group.map((one) => one.key),
  }));
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
