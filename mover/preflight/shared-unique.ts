import type { Fault } from '../../common/errors.ts';
import type { TableSpec } from '../move-spec.ts';
import { namedIn } from '../plan/map-columns.ts';
import { isConstant } from '../plan/map-key.ts';
import type { TableShape } from '../shape/table-shape.ts';

export interface SharedTable {
  readonly shape: TableShape;
  /** Of the tables whose rows go into it: what each is called, and what the mapping sets of the shared table's columns. */
  readonly from: readonly Pick<TableSpec, 'table' | 'set'>[];
}

/**
 * Unique indexes of a table into which several others go that have no column to tell these apart: on the other side nothing keeps
 * their values unique across the tables, and a row that is in the way of one of them is another table's, which is carried by
 * itself. Pure.
 */
export function sharedUnique({ shape, from }: SharedTable): Fault[] {
  const tables = from.map(({ table }) => table).join(' and ');
  const tells = (column: string | null) => {
    const constants = from.map(({ set }) => (column === null ? undefined : namedIn(set ?? {}, column)));
    const texts = constants.filter((sql) => sql !== undefined && isConstant(sql)).map((sql) => sql?.trim());
    return new Set(texts).size === from.length;
  };
  return shape.uniqueIndexes
    .filter(({ parts }) => !parts.some(({ column }) => tells(column)))
    .map(({ name }) => ({
      code: 'BANYAN_UNIQUE_SHARED',
      what: `rows of ${tables} go into ${shape.database}.${shape.table}, where unique index ${name} does not tell them apart: values that two of these tables have both, or that go from one to another and back, cannot be carried over, and stop the move`,
      fix: 'Let no two of these tables hold the same values of it (ids from ranges of their own, say), and none change places; or put the column that tells them apart into the index.',
    }));
}
