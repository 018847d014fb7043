import { BanyanError } from '../../common/errors.ts';
import { inverseTable, type TableSpec, targetTable } from '../move-spec.ts';
import { chooseIndex, chooseKey } from '../shape/choose-key.ts';
import { type TableShape, wholeColumns } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { derivedName, quoteName } from '../sql/names.ts';
import { groupKey } from './group-key.ts';
import { type KeyColumn, keyColumn } from './key-range.ts';
import { type ColumnMap, isMapped, mapColumns, sameName } from './map-columns.ts';
import { mapKey } from './map-key.ts';
import { canonicalSql, computedSql, type SideColumn } from './side-column.ts';
import { SidePlan } from './side-plan.ts';
import type { TablePlan, UniqueColumn } from './table-plan.ts';

/**
 * The plan of one table by its spec and what both tables are. Pure.
 *
 * @throws BanyanError BANYAN_TABLE_UNMOVABLE
 */
export function makeTablePlan(spec: TableSpec, here: TableShape, there: TableShape): TablePlan {
  const map = mapColumns(spec, here, there);
  const keys = planKeys(spec, here, there, map);
  if (keys === null) throw unmovable(`table ${here.database}.${here.table} has no key that a move can go by`);
  const columns = [
    ...map.carried.map((pair) => carriedColumns(pair.source, pair.target)),
    ...map.computed.map((one) => computedColumns(one.sql, one.target)),
  ];
  return {
    name: planName(spec),
    source: new SidePlan({
      database: here.database,
      table: here.table,
      columns: columns.map((column) => column.source),
      key: keys.source,
      index: keys.index,
      scope: spec.where ?? constantScope(inverseTable(spec), there, here),
      ...(spec.intoWhere === undefined ? {} : { arrival: spec.intoWhere }),
    }),
    target: new SidePlan({
      database: there.database,
      table: there.table,
      columns: columns.map((column) => column.target),
      key: keys.target,
      index: keys.unique,
      scope: spec.intoWhere ?? keys.scope,
    }),
    generated: isMapped(spec) ? [] : generatedColumns(here, there),
    ...otherUnique(map, there, keys.unique),
  };
}

interface PlanKeys {
  readonly source: readonly KeyColumn[];
  readonly target: readonly KeyColumn[];
  /** The source's unique index over the key; null: none is. */
  readonly index: string | null;
  /** The target's unique index by which a key names at most one row; null: it may name several. */
  readonly unique: string | null;
  readonly scope: string;
}

function planKeys(spec: TableSpec, here: TableShape, there: TableShape, map: ColumnMap): PlanKeys | null {
  if (spec.key === 'all columns') {
    const group = isMapped(spec) ? null : groupKey(spec, here, there);
    return group === null ? null : { ...group, index: null, unique: null, scope: 'TRUE' };
  }
  const chosen = chooseIndex(here);
  const mapped = chosen === null ? null : mapKey(spec, chosen.columns, map, there);
  if (chosen === null || mapped === null) return null;
  const { key: target, unique, scope } = mapped;
  const source = chosen.columns.map((shape) => keyColumn(shape));
  return { source, target, index: chosen.index, unique, scope };
}

function generatedColumns(here: TableShape, there: TableShape): TablePlan['generated'] {
  return here.columns.flatMap((column) => {
    const other = there.columns.find(({ name }) => sameName(name, column.name));
    if (!column.generated || !other?.generated) return [];
    if (column.kind === 'unsupported' || other.kind === 'unsupported') return [];
    return [carriedColumns(column, other)];
  });
}

/** The scope of a table into which others go as well: the constants that tell its rows from theirs. */
function constantScope(spec: TableSpec, here: TableShape, there: TableShape): string {
  if (spec.key !== undefined) return 'TRUE';
  const key = chooseKey(here);
  return (key && mapKey(spec, key, mapColumns(spec, here, there), there)?.scope) ?? 'TRUE';
}

export function unmovable(what: string): BanyanError {
  return new BanyanError('BANYAN_TABLE_UNMOVABLE', what, {
    fix: 'Run `banyan check`: it lists everything that keeps this table from moving.',
  });
}

/** The same in both directions, and different for each of the tables that one goes into; at most 64 characters. */
function planName(spec: TableSpec): string {
  const [one, other] = [spec.table, targetTable(spec)].sort() as [string, string];
  if (one === other) return one;
  const both = `${one}+${other}`;
  return [...both].length <= 64 ? both : derivedName('plan', one, other);
}

interface BothColumns {
  readonly source: SideColumn;
  readonly target: SideColumn;
}

/**
 * MariaDB's JSON is text with a check, MySQL's a type of its own that wants to be told the character set of what it is
 * given: a column that is JSON on either side is JSON on both.
 */
function carriedColumns(source: ColumnShape, target: ColumnShape): BothColumns {
  const shape: ColumnShape = target.kind === 'json' ? { ...source, kind: 'json' } : source;
  return {
    source: { name: target.name, sql: quoteName(source.name), shape },
    target: { name: target.name, sql: quoteName(target.name), shape },
  };
}

function computedColumns(sql: string, target: ColumnShape): BothColumns {
  const shape = { ...target, nullable: true };
  const side = (value: string): SideColumn => {
    const canonical = canonicalSql(value, shape);
    return { name: target.name, sql: value, shape, ...(canonical === undefined ? {} : { canonical }) };
  };
  return { source: side(computedSql(sql, target)), target: side(quoteName(target.name)) };
}

/** By the target's unique indexes besides the key. */
function otherUnique(
  map: ColumnMap,
  there: TableShape,
  keyIndex: string | null,
): Pick<TablePlan, 'otherUnique' | 'uniqueByTrial'> {
  const carried = (name: string): UniqueColumn[] =>
    map.carried
      .filter(({ target }) => target.name === name)
      .map(({ source, target }) => ({
        ...{ source: quoteName(source.name), target: quoteName(target.name), shape: source },
      }));
  const lists = there.uniqueIndexes
    .filter(({ name }) => name !== keyIndex)
    .map((index) => {
      const names = index.hashed ? null : wholeColumns(index);
      const columns = names?.flatMap(carried);
      return columns !== undefined && columns.length === names?.length ? columns : null;
    });
  return {
    otherUnique: lists.filter((columns) => columns !== null),
    uniqueByTrial: lists.includes(null),
  };
}
