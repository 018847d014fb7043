import type { Operation } from './operation.ts';

/**
 * Whether one register's history has an order that respects real time and in which every read returns what the last
 * write before it wrote. The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", J. Parallel Distrib.
 * Comput. 17, 1993) with the memory of visited configurations by Lowe ("Testing for linearizability", Concurrency
 * Computat. Pract. Exper. 29(4), 2017): a configuration is the set of operations already in order and the value then.
 *
 * A write without an answer may take effect at any time after its call, or never; a read without one says nothing.
 * Histories of several keys are checked key by key: linearizability is compositional (Herlihy and Wing, TOPLAS 12(3), 1990).
 */
export function isLinearizable<Value>(initial: Value, history: readonly Operation<Value>[]): boolean {
  const operations = history
    .filter((operation) => operation.kind === 'write' || Number.isFinite(operation.returnedAt))
    .sort((one, two) => one.calledAt - two.calledAt);
  const required = operations.filter(({ returnedAt }) => Number.isFinite(returnedAt)).length;
  const done = new Uint8Array(operations.length);
  const visited = new Set<string>();

  /** `first`: every operation before it is in order already. */
  const search = (value: Value, first: number, placed: number): boolean => {
    if (placed === required) return true;
    const configuration = `${Buffer.from(done.subarray(first)).toString('latin1')}|${first}|${String(value)}`;
    if (visited.has(configuration)) return false;
    visited.add(configuration);
    // An operation may come next if none that is still missing had returned before it was called.
    let earliestReturn = Number.POSITIVE_INFINITY;
    for (let index = first; index < operations.length; index++) {
      if (done[index] === 0) earliestReturn = Math.min(earliestReturn, operations[index]!.returnedAt);
    }
    for (let index = first; index < operations.length; index++) {
      const operation = operations[index]!;
      if (operation.calledAt > earliestReturn) break;
      if (done[index] === 1 || (operation.kind === 'read' && operation.value !== value)) continue;
      done[index] = 1;
      let next = first;
      while (done[next] === 1) next++;
      const counts = Number.isFinite(operation.returnedAt) ? 1 : 0;
      if (search(operation.kind === 'write' ? operation.value : value, next, placed + counts)) return true;
      done[index] = 0;
    }
    return false;
  };
  return search(initial, 0, 0);
}
