import { describe, expect, it } from 'vitest';
import { cascadeGraph, onlyTowards } from '../../../mover/capture/triggers/cascade-graph.ts';
import {
  type CascadeNode,
  cascadeTree,
  cascadingColumns,
} from '../../../mover/capture/triggers/cascade-tree.ts';
import type { ForeignKey } from '../../../mover/shape/foreign-key.ts';

function key(
  child: string,
  columns: string,
  parent: string,
  parentColumns: string,
  [onDelete, onUpdate]: readonly [string, string],
): ForeignKey {
  return {
    name: `${child}_${columns}`,
    database: 'd',
    child,
    columns: columns.split(','),
    parentDatabase: 'd',
    parent,
    parentColumns: parentColumns.split(','),
    onDelete,
    onUpdate,
  };
}

const print = (nodes: readonly CascadeNode[] | null): unknown =>
  nodes?.map(({ child, change, keys, nodes: below }) => {
    const what = change.kind === 'delete' ? 'delete' : change.columns.join('+');
    return [`${child} ${what} by ${keys.length}`, ...(print(below) as unknown[])];
  });

const cascade = ['CASCADE', 'CASCADE'] as const;
const remove = { kind: 'delete' } as const;

describe('what follows a changed row', () => {
  it('goes down all levels, and stops where a rule refuses', () => {
    const keys = [
      key('c', 'p', 'p', 'id', ['CASCADE', 'RESTRICT']),
      key('g', 'c', 'c', 'id', ['SET NULL', 'NO ACTION']),
      key('h', 'g', 'g', 'id', ['CASCADE', 'RESTRICT']),
      key('n', 'p', 'p', 'id', ['RESTRICT', 'CASCADE']),
    ];
    expect(print(cascadeTree('p', remove, keys, 500))).toEqual([['c delete by 1', ['g c by 1']]]);
    expect(cascadingColumns('p', keys)).toEqual(['id']);
    expect(print(cascadeTree('p', { kind: 'update', columns: ['id'] }, keys, 500))).toEqual([['n p by 1']]);
  });

  it('follows a changed column into the keys that name it', () => {
    const keys = [
      key('c', 'p', 'p', 'id', cascade),
      key('by_id', 'c', 'c', 'id', cascade),
      key('by_both', 'p,c', 'c', 'p,id', cascade),
    ];
    expect(print(cascadeTree('p', { kind: 'update', columns: ['id'] }, keys, 500))).toEqual([
      ['c p by 1', ['by_both p+c by 1']],
    ]);
  });

  it('takes two ways into one table as one step, and a table that names itself as deep as servers go', () => {
    const keys = [
      key('t', 'parent', 't', 'id', ['CASCADE', 'RESTRICT']),
      key('t', 'root', 't', 'id', ['CASCADE', 'RESTRICT']),
    ];
    let depth = 0;
    for (let nodes = cascadeTree('t', remove, keys, 500); nodes?.[0]; nodes = nodes[0].nodes) {
      expect(print([{ ...nodes[0], nodes: [] }])).toEqual([['t delete by 2']]);
      depth += 1;
    }
    expect(depth).toBe(14);
  });

  it('is not told way by way where there are too many ways', () => {
    const keys = [key('t', 'parent', 't', 'id', ['CASCADE', 'RESTRICT'])];
    expect(cascadeTree('t', remove, keys, 14)).not.toBeNull();
    expect(cascadeTree('t', remove, keys, 13)).toBeNull();
  });
});

describe('the same by tables and their changes', () => {
  const described = (states: ReturnType<typeof cascadeGraph>) =>
    states.map(({ table, change, below, isShared }) => {
      const what = change.kind === 'delete' ? 'delete' : change.columns.join('+');
      const then = below.map(({ state, keys }) => `${state} by ${keys.length}`).join(', ');
      return `${table} ${what}${isShared ? ' shared' : ''}: ${then}`;
    });

  it('has each once, however many ways lead there, and tells where one row may be a child of several', () => {
    const levels = ['a', 'b', 'c', 'd'].map((level) => [`${level}1`, `${level}2`, `${level}3`]);
    const keys = levels
      .slice(1)
      .flatMap((children, index) =>
        children.flatMap((child) =>
          (levels[index] ?? []).map((parent) => key(child, parent, parent, 'id', ['CASCADE', 'RESTRICT'])),
        ),
      );
    expect(cascadeTree('a1', remove, keys, 39)).not.toBeNull();
    expect(cascadeTree('a1', remove, keys, 38)).toBeNull();
    expect(described(cascadeGraph('a1', remove, keys))).toEqual([
      'a1 delete: 1 by 1, 2 by 1, 3 by 1',
      ...['b1', 'b2', 'b3'].map((table) => `${table} delete: 4 by 1, 5 by 1, 6 by 1`),
      ...['c1', 'c2', 'c3'].map((table) => `${table} delete shared: 7 by 1, 8 by 1, 9 by 1`),
      ...['d1', 'd2', 'd3'].map((table) => `${table} delete shared: `),
    ]);
  });

  it('comes back to the table it began with, and tells a row that goes from one that changes', () => {
    const keys = [
      key('t', 'parent', 't', 'id', ['CASCADE', 'RESTRICT']),
      key('t', 'friend', 't', 'id', ['SET NULL', 'RESTRICT']),
      key('n', 't', 't', 'id', ['CASCADE', 'RESTRICT']),
    ];
    expect(described(cascadeGraph('t', remove, keys))).toEqual([
      't delete: 1 by 1, 2 by 1, 3 by 1',
      't delete shared: 1 by 1, 2 by 1, 3 by 1',
      't friend shared: ',
      'n delete shared: ',
    ]);
  });

  it('can be cut to what leads to some of them', () => {
    const keys = [
      key('b', 'a', 'a', 'id', ['CASCADE', 'RESTRICT']),
      key('c', 'b', 'b', 'id', ['CASCADE', 'RESTRICT']),
      key('x', 'a', 'a', 'id', ['CASCADE', 'RESTRICT']),
    ];
    const cut = onlyTowards(cascadeGraph('a', remove, keys), ({ table }) => table === 'c');
    expect(described(cut)).toEqual(['a delete: 1 by 1', 'b delete: 3 by 1', 'x delete: ', 'c delete: ']);
    expect(described(onlyTowards(cut, () => false))[0]).toBe('a delete: ');
  });
});
