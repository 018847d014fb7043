import type { ColumnShape } from '../sql/column-shape.ts';
import type { SideColumn } from './side-column.ts';
import type { SidePlan } from './side-plan.ts';

/** A column of a unique index of the target: where its value comes from, and where it lies. */
export interface UniqueColumn {
  /** SQL over the source's row. */
  readonly source: string;
  /** SQL over the target's row. */
  readonly target: string;
  readonly shape: ColumnShape;
}

/**
 * How one moved table maps to the other side, in one direction. Immutable; everything that reads, writes or compares rows
 * goes by it.
 */
export interface TablePlan {
  /** Names the table in progress, reports and errors; the same in both directions. */
  readonly name: string;
  readonly source: SidePlan;
  readonly target: SidePlan;
  /** Columns that both sides compute, each by itself: never copied, and compared where the engines differ. */
  readonly generated: readonly { readonly source: SideColumn; readonly target: SideColumn }[];
  /** The target's unique indexes besides the key whose columns are carried as they are: their values lead to a row in the way. */
  readonly otherUnique: readonly (readonly UniqueColumn[])[];
  /** There are others: over beginnings of columns, expressions or computed values. A row in the way shows in a trial: see `tryLanding`. */
  readonly uniqueByTrial: boolean;
}
