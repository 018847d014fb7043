import type { Fault } from '../../common/errors.ts';
import { collationsAgree } from '../schema/translate-collation.ts';
import { chooseKey } from '../shape/choose-key.ts';
import { type TableShape, type UniqueIndex, type UniquePart, uniqueOver } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';

/**
 * Everything that keeps a table from being carried exactly, forward and in reverse, as far as the two shapes tell. Pure.
 */
export function compareTables(source: TableShape, target: TableShape): Fault[] {
  const faults = [...kindFaults(source), ...kindFaults(target)];
  const key = chooseKey(source);
  if (key === null) faults.push(noKey(source));
  else if (!hasIndexOn(target, key)) {
    faults.push({
      code: 'BANYAN_KEY_DIFFERS',
      what: `${place(target)} has no unique index on (${key.map((column) => column.name).join(', ')}), the key of ${place(source)}`,
      fix: 'Give both tables the same primary key.',
    });
  }
  return [...faults, ...compareColumns(source, target)];
}

export function noKey(shape: TableShape): Fault {
  return {
    code: 'BANYAN_TABLE_NO_KEY',
    what: `${place(shape)} has no primary key or unique index that a move can go by (whole NOT NULL columns of integer, decimal, temporal, CHAR, VARCHAR, BINARY, VARBINARY, ENUM, SET, BIT or FLOAT type); on request it moves without: \`key: 'all columns'\` of the table in banyan.config.ts`,
    fix: `Add one, for instance: ALTER TABLE ${shape.table} ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY.`,
  };
}

/** Columns of one name must hold the same values, and be unique alike. */
export function compareColumns(source: TableShape, target: TableShape): Fault[] {
  return [...columnFaults(source, target), ...uniqueFaults(source, target)];
}

export function kindFaults(shape: TableShape): Fault[] {
  const faults: Fault[] = [];
  if (shape.tableType !== 'BASE TABLE') {
    faults.push({
      code: 'BANYAN_TABLE_KIND',
      what: `${place(shape)} is a ${shape.tableType.toLowerCase()}, not a plain table`,
      fix: "Move the tables underneath; of a system-versioned one the current rows move with `versioned: 'current'`.",
    });
  } else if (shape.storageEngine.toLowerCase() !== 'innodb') {
    faults.push({
      code: 'BANYAN_TABLE_KIND',
      what: `${place(shape)} is kept by ${shape.storageEngine}, which has no transactions`,
      fix: `ALTER TABLE ${shape.table} ENGINE = InnoDB.`,
    });
  }
  for (const column of shape.columns) {
    if (column.kind !== 'unsupported' || column.generated) continue;
    faults.push({
      code: 'BANYAN_COLUMN_UNSUPPORTED',
      what: `column ${column.name} of ${place(shape)} has the type ${column.columnType}, which cannot be carried exactly yet`,
      fix: 'Keep this column in a table that does not move, or change its type on both sides.',
    });
  }
  return [...faults, ...arrayFaults(shape)];
}

/** MySQL's REPLACE and ON DUPLICATE KEY UPDATE look for the row in the way by one member only, and fail with errno 1032. */
function arrayFaults(shape: TableShape): Fault[] {
  const isArray = (part: UniquePart) => part.column === null && /\barray\)+$/i.test(part.expression);
  return shape.uniqueIndexes
    .filter(({ parts }) => parts.some(isArray))
    .map(({ name }) => ({
      code: 'BANYAN_UNIQUE_UNSUPPORTED',
      what: `unique index ${name} of ${place(shape)} is over the members of an array: where members go from one row to another, MySQL cannot say which row is in the way (errno 1032)`,
      fix: 'Keep the members unique in a table of their own, one row for each, or make the index one that is not unique, on both sides.',
    }));
}

function columnFaults(source: TableShape, target: TableShape): Fault[] {
  const faults: Fault[] = [];
  for (const here of source.columns) {
    const there = target.columns.find((column) => column.name.toLowerCase() === here.name.toLowerCase());
    if (here.generated) continue;
    if (there === undefined) {
      faults.push({
        code: 'BANYAN_COLUMN_MISSING',
        what: `${place(target)} has no column ${here.name} (${here.columnType})`,
        fix: 'Add the column in a migration of that database.',
      });
    } else {
      const differs = columnDifference(here, there);
      if (differs === null) continue;
      faults.push({
        code: 'BANYAN_COLUMN_DIFFERS',
        what: `column ${here.name}: ${place(source)} has ${describe(here)}, ${place(target)} has ${describe(there)} (${differs})`,
        fix: 'Make both columns the same: what is not the same cannot be carried exactly both ways.',
      });
    }
  }
  for (const there of target.columns) {
    if (there.generated || source.columns.some((column) => sameName(column.name, there.name))) continue;
    faults.push({
      code: 'BANYAN_COLUMN_EXTRA',
      what: `${place(target)} has a column ${there.name} that ${place(source)} lacks: it would be lost on the way back`,
      fix: 'Move the column to a table of its own, or make it a generated one, or add it on the other side as well.',
    });
  }
  return faults;
}

function columnDifference(here: ColumnShape, there: ColumnShape): string | null {
  if (there.generated) return 'generated on one side';
  if (here.nullable !== there.nullable) return 'NULL allowed on one side';
  if (here.autoIncrement !== there.autoIncrement) return 'AUTO_INCREMENT on one side';
  if (isJsonPair(here, there) || isJsonPair(there, here)) return null;
  if (comparableType(here.columnType) !== comparableType(there.columnType)) return 'type';
  return here.charset === there.charset ? null : 'character set';
}

/** MariaDB's JSON is LONGTEXT with a check; MySQL's is a type of its own. Values stay equal, their spelling may not. */
function isJsonPair(one: ColumnShape, other: ColumnShape): boolean {
  return one.dataType === 'json' && other.dataType === 'longtext' && other.charset === 'utf8mb4';
}

/** A column type without what the engines print differently and what does not bear on values. */
export function comparableType(columnType: string): string {
  const type = columnType.replace(/\s*\/\*.*?\*\/\s*/g, '');
  if (/^(enum|set)\(/i.test(type)) return type.replace(/^(enum|set)/i, (word) => word.toLowerCase());
  const lower = type.toLowerCase().replace('geomcollection', 'geometrycollection');
  const bare = lower.replace(/^year\(4\)$/, 'year');
  return bare.includes('zerofill') ? bare : bare.replace(/^((?:tiny|small|medium|big)?int)\(\d+\)/, '$1');
}

function uniqueFaults(source: TableShape, target: TableShape): Fault[] {
  const faults: Fault[] = [];
  for (const [one, other] of [
    [source, target],
    [target, source],
  ] as const) {
    for (const index of one.uniqueIndexes) {
      if (!other.uniqueIndexes.some((candidate) => sameParts(index, candidate))) {
        faults.push({
          code: 'BANYAN_UNIQUE_DIFFERS',
          what: `unique index ${index.name} (${index.parts.map(partText).join(', ')}) of ${place(one)} is missing on ${place(other)}`,
          fix: 'Give both tables the same unique indexes: else one side accepts rows that the other refuses.',
        });
      }
    }
  }
  return [...faults, ...collationFaults(source, target)];
}

/** Values are carried as bytes whatever the collation, but what is unique, and in which order keys come, hangs on it. */
function collationFaults(source: TableShape, target: TableShape): Fault[] {
  const unique = new Set(source.uniqueIndexes.flatMap(({ parts }) => parts.map(({ column }) => column)));
  return source.columns.flatMap((here) => {
    const there = target.columns.find((column) => sameName(column.name, here.name));
    if (!unique.has(here.name) || there === undefined) return [];
    if (collationsAgree(here.collation, there.collation)) return [];
    if (here.charset !== there.charset) return [];
    return [
      {
        code: 'BANYAN_COLLATION_DIFFERS',
        what: `column ${here.name} of a unique index has the collation ${here.collation} in ${place(source)} and ${there.collation} in ${place(target)}`,
        fix: 'Give both columns the same collation; name it in the migration instead of relying on the server’s default.',
      },
    ];
  });
}

function hasIndexOn(shape: TableShape, key: readonly ColumnShape[]): boolean {
  return shape.uniqueIndexes.some((index) =>
    sameParts(
      index,
      uniqueOver(
        '',
        key.map((column) => column.name),
      ),
    ),
  );
}

function sameParts(one: UniqueIndex, other: UniqueIndex): boolean {
  const texts = ({ parts }: UniqueIndex) => parts.map(partText).sort().join('\0');
  return texts(one) === texts(other);
}

/** Names of columns are equal in any case. */
function partText(part: UniquePart): string {
  if (part.column === null) return `(${part.expression})`;
  return `${part.column.toLowerCase()}${part.length === null ? '' : `(${part.length})`}`;
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function place(shape: TableShape): string {
  return `${shape.database}.${shape.table}`;
}

function describe(column: ColumnShape): string {
  const charset = column.charset ? ` ${column.charset}` : '';
  return `${column.columnType}${charset}${column.nullable ? '' : ' NOT NULL'}${column.autoIncrement ? ' AUTO_INCREMENT' : ''}`;
}
