import { BanyanError } from '../../common/errors.ts';
import { chooseKey } from '../shape/choose-key.ts';
import type { TableShape } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { quoteName } from '../sql/names.ts';
import { type KeyColumn, keyColumn } from './key-range.ts';
import type { SideColumn } from './side-column.ts';
import { SidePlan } from './side-plan.ts';
import type { TablePlan, UniqueColumn } from './table-plan.ts';

/**
 * The plan of a table that is the same on both sides. Columns that the servers compute are left out. Pure.
 *
 * @throws BanyanError BANYAN_TABLE_UNMOVABLE
 */
export function makeTablePlan(here: TableShape, there: TableShape): TablePlan {
  const key = chooseKey(here);
  if (key === null) {
    throw unmovable(`table ${here.database}.${here.table} has no key that a move can go by`);
  }
  const json = jsonColumns(here, there);
  const columns = here.columns
    .filter((column) => !column.generated)
    .map((column) => sideColumn(json.has(column.name) ? { ...column, kind: 'json' } : column));
  const side = ({ database, table }: TableShape) =>
    new SidePlan({ database, table, columns, key: key.map(keyColumn), scope: 'TRUE' });
  return {
    name: here.table,
    source: side(here),
    target: side(there),
    otherUnique: otherUnique(here, key.map(keyColumn)),
  };
}

export function unmovable(what: string): BanyanError {
  return new BanyanError('BANYAN_TABLE_UNMOVABLE', what, {
    fix: 'Run `banyan check`: it lists everything that keeps this table from moving.',
  });
}

function sideColumn(shape: ColumnShape): SideColumn {
  return { name: shape.name, ...keyColumn(shape) };
}

/**
 * Columns that are JSON on either side: MariaDB's JSON is text with a check, MySQL's a type of its own that wants to be
 * told the character set of what it is given.
 */
function jsonColumns(here: TableShape, there: TableShape): ReadonlySet<string> {
  return new Set(
    [here, there].flatMap(({ columns }) =>
      columns.filter((column) => column.kind === 'json').map((column) => column.name),
    ),
  );
}

function otherUnique(shape: TableShape, key: readonly KeyColumn[]): UniqueColumn[][] {
  const keyNames = new Set(key.map((column) => column.shape.name));
  return shape.uniqueIndexes
    .filter(
      ({ columns }) =>
        columns.length !== keyNames.size || !columns.every((name) => name !== null && keyNames.has(name)),
    )
    .map(({ columns }) =>
      columns.flatMap((name) => {
        const found = shape.columns.find((column) => column.name === name);
        return found ? { source: quoteName(found.name), target: quoteName(found.name), shape: found } : [];
      }),
    );
}
