import type { MoveSpec } from '../move-spec.ts';
import type { TableShape } from './table-shape.ts';

/**
 * A system-versioned table as what it is for a move that carries current rows only: reads see none but these, its triggers
 * fire as any table's, and writes add to its history by themselves.
 */
export function asCurrentRows(shape: TableShape, { versioned }: Pick<MoveSpec, 'versioned'>): TableShape {
  if (versioned !== 'current' || shape.tableType !== 'SYSTEM VERSIONED') return shape;
  return { ...shape, tableType: 'BASE TABLE' };
}
