import type { Fault } from '../../common/errors.ts';
import type { TableSpec } from '../move-spec.ts';
import { inverseTable } from '../move-spec.ts';
import { type ColumnMap, isMapped, mapColumns, namedIn } from '../plan/map-columns.ts';
import { isConstant, mapKey } from '../plan/map-key.ts';
import { chooseKey } from '../shape/choose-key.ts';
import type { TableShape, UniqueIndex, UniquePart } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { compareColumns, compareTables, kindFaults, noKey } from './compare-tables.ts';
import { groupKeyFaults } from './group-key-faults.ts';

/** Everything that keeps a table from being carried as its spec says, there and (unless `oneWay`) back, as far as the shapes tell. Pure. */
export function comparePair(
  spec: TableSpec,
  source: TableShape,
  target: TableShape,
  oneWay = false,
): Fault[] {
  if (spec.key !== undefined) {
    return [
      ...kindFaults(source),
      ...kindFaults(target),
      ...groupKeyFaults(spec, source, target),
      ...compareColumns(source, target),
    ];
  }
  if (!isMapped(spec)) return compareTables(source, target);
  const map = mapColumns(spec, source, target);
  return [
    ...kindFaults(source),
    ...kindFaults(target),
    ...nameFaults(map, source, target),
    ...keyFaults(spec, map, source, target),
    ...compareColumns(
      carriedPart(map, source, 'source', spec.back),
      carriedPart(map, target, 'target', spec.set),
    ),
    ...computedFaults(map, target),
    ...(oneWay ? [] : wayBackFaults(spec, map, source, target)),
  ];
}

function nameFaults(map: ColumnMap, source: TableShape, target: TableShape): Fault[] {
  return [
    ...map.unknown.map(({ place, column }) => ({
      code: 'BANYAN_MAPPING_UNKNOWN',
      what: `the mapping speaks of a column ${column}, which ${place} does not have`,
      fix: 'Correct the name in banyan.config.ts, or add the column.',
    })),
    ...map.homeless.map((column) => ({
      code: 'BANYAN_COLUMN_MISSING',
      what: `${place(target)} has no column for ${column.name} of ${place(source)}`,
      fix: 'Add the column, rename it in the mapping, or list in `columns` what is to be carried.',
    })),
    ...map.unfilled.map((column) => ({
      code: 'BANYAN_COLUMN_EXTRA',
      what: `nothing fills the column ${column.name} of ${place(target)}: what is written there is lost when its row is carried over again`,
      fix: 'Give it a value in `set` of the mapping (NULL or its default), or keep it in a table of its own.',
    })),
  ];
}

function keyFaults(spec: TableSpec, map: ColumnMap, source: TableShape, target: TableShape): Fault[] {
  const key = chooseKey(source);
  if (key === null) return [noKey(source)];
  if (mapKey(spec, key, map, target) !== null) return [];
  return [
    {
      code: 'BANYAN_MAPPING_KEY',
      what: `the key (${key.map((column) => column.name).join(', ')}) of ${place(source)} does not name one row of ${place(target)}`,
      fix: 'Carry every column of the key as it is, and make them unique there: alone, or with columns that `set` fills with a constant.',
    },
  ];
}

function computedFaults(map: ColumnMap, target: TableShape): Fault[] {
  return map.computed.flatMap(({ target: column }) => {
    const spatial = /geom|point|line|polygon/.test(column.dataType);
    if (!column.generated && column.kind !== 'bit' && !spatial) return [];
    return [
      {
        code: 'BANYAN_MAPPING_COLUMN',
        what: `the mapping sets ${column.name} of ${place(target)}, which is ${column.generated ? 'generated' : `of type ${column.columnType}`}`,
        fix: 'Only columns that hold numbers, text, binary strings, JSON or times can be computed: carry it as it is, or leave it out.',
      },
    ];
  });
}

/** A rollback writes whole rows: what it cannot bring back would be lost on the side that it makes the owner again. */
function wayBackFaults(spec: TableSpec, map: ColumnMap, source: TableShape, target: TableShape): Fault[] {
  const faults: Fault[] = map.lost.map((column) => ({
    code: 'BANYAN_MAPPING_ONE_WAY',
    what: `nothing brings ${column.name} of ${place(source)} back: a rollback would lose its values`,
    fix: `Say in \`back\` how it is computed from a row of ${place(target)}, or carry it; or say \`rollback: false\` of the feature, and there is no way back.`,
  }));
  const inverse = inverseTable(spec);
  const backKey = chooseKey(target);
  if (backKey === null) faults.push(noKey(target));
  else if (mapKey(inverse, backKey, mapColumns(inverse, target, source), source) === null) {
    faults.push({
      code: 'BANYAN_MAPPING_ONE_WAY',
      what: `the key (${backKey.map((column) => column.name).join(', ')}) of ${place(target)} does not name one row of ${place(source)}, so a rollback has no way`,
      fix: 'Carry every column of that key, or set it to a constant.',
    });
  }
  return faults;
}

/**
 * What is carried as it is, under the target's names, with the unique indexes that it covers. A column that is constant in
 * the move adds nothing to an index: (kind, id) is unique by id where every kind is 'cat'.
 */
function carriedPart(
  map: ColumnMap,
  shape: TableShape,
  side: 'source' | 'target',
  computed: Readonly<Record<string, string>> = {},
): TableShape {
  const isFixed = (name: string) => isConstant(namedIn(computed, name) ?? '');
  const columns: ColumnShape[] = map.carried.map((pair) => ({ ...pair[side], name: pair.target.name }));
  const named = (name: string) => map.carried.find((pair) => pair[side].name === name)?.target.name;
  const uniqueIndexes: UniqueIndex[] = shape.uniqueIndexes.flatMap((index) => {
    const parts = index.parts.flatMap((part): (UniquePart | null)[] => {
      if (part.column === null) return [null];
      if (isFixed(part.column)) return [];
      const name = named(part.column);
      return [name === undefined ? null : { ...part, column: name }];
    });
    return parts.length > 0 && parts.every((part) => part !== null) ? [{ ...index, parts }] : [];
  });
  return { ...shape, columns, uniqueIndexes };
}

function place({ database, table }: TableShape): string {
  return `${database}.${table}`;
}
