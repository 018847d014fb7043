import type { ForeignKey } from '../../shape/foreign-key.ts';
import { changedChildren, type RowChange } from './cascade-tree.ts';

/** A table, and a change of rows of it. */
export interface CascadeState {
  readonly table: string;
  readonly change: RowChange;
  /** Which rows change along with such a row. */
  readonly below: readonly { readonly state: number; readonly keys: readonly ForeignKey[] }[];
  /** Several keys lead to it, so that one row may be a child of several rows. */
  readonly isShared: boolean;
}

/**
 * The same as a `cascadeTree`, without its ways: each table once for each change of its rows, whatever number of ways leads there.
 * The first state is the changed row itself; a ring that comes back to its table has a state of its own.
 */
export function cascadeGraph(
  table: string,
  change: RowChange,
  keys: readonly ForeignKey[],
): readonly CascadeState[] {
  const numbers = new Map<string, number>();
  const found: { table: string; change: RowChange }[] = [{ table, change }];
  const states: Omit<CascadeState, 'isShared'>[] = [];
  const numberOf = (child: string, changed: RowChange) => {
    const columns = changed.kind === 'update' ? [...changed.columns].sort() : [];
    const id = JSON.stringify([child, changed.kind, columns]);
    const number = numbers.get(id) ?? found.length;
    if (number === found.length) found.push({ table: child, change: changed });
    numbers.set(id, number);
    return number;
  };
  for (let next = found[0]; next !== undefined; next = found[states.length]) {
    const below = changedChildren(next.table, next.change, keys).map((one) => ({
      state: numberOf(one.child, one.change),
      keys: one.keys,
    }));
    states.push({ ...next, below });
  }
  const edges = states.flatMap(({ below }) => below);
  return states.map((state, number) => {
    const leading = edges.filter((edge) => edge.state === number).flatMap((edge) => edge.keys);
    return { ...state, isShared: leading.length > 1 };
  });
}

/** The graph without what leads to none of the wanted states. */
export function onlyTowards(
  states: readonly CascadeState[],
  isWanted: (state: CascadeState) => boolean,
): readonly CascadeState[] {
  const kept = new Set(states.flatMap((state, number) => (isWanted(state) ? [number] : [])));
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const [number, { below }] of states.entries()) {
      if (below.some(({ state }) => kept.has(state))) kept.add(number);
    }
  }
  return states.map((state) => ({ ...state, below: state.below.filter((one) => kept.has(one.state)) }));
}
