import { describe, expect, it } from 'vitest';
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
    expect(print(cascadeTree('p', remove, keys))).toEqual([['c delete by 1', ['g c by 1']]]);
    expect(cascadingColumns('p', keys)).toEqual(['id']);
    expect(print(cascadeTree('p', { kind: 'update', columns: ['id'] }, keys))).toEqual([['n p by 1']]);
  });

  it('follows a changed column into the keys that name it', () => {
    const keys = [
      key('c', 'p', 'p', 'id', cascade),
      key('by_id', 'c', 'c', 'id', cascade),
      key('by_both', 'p,c', 'c', 'p,id', cascade),
    ];
    expect(print(cascadeTree('p', { kind: 'update', columns: ['id'] }, keys))).toEqual([
      ['c p by 1', ['by_both p+c by 1']],
    ]);
  });

  it('takes two ways into one table as one step, and a table that names itself as deep as servers go', () => {
    const keys = [
      key('t', 'parent', 't', 'id', ['CASCADE', 'RESTRICT']),
      key('t', 'root', 't', 'id', ['CASCADE', 'RESTRICT']),
    ];
    let depth = 0;
    for (let nodes = cascadeTree('t', remove, keys); nodes?.[0]; nodes = nodes[0].nodes) {
      expect(print([{ ...nodes[0], nodes: [] }])).toEqual([['t delete by 2']]);
      depth += 1;
    }
    expect(depth).toBe(14);
  });
});
