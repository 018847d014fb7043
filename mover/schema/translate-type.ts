import { quoteName } from '../sql/names.ts';
import { joinTokens, sqlTokens } from './sql-tokens.ts';
import type { ColumnDefinition } from './table-definition.ts';
import type { Translation } from './translation.ts';

/** The column with a type of the target's engine that holds the same values; what has none is noted as a fault. */
export function translateType(column: ColumnDefinition, translation: Translation): ColumnDefinition {
  if (translation.same) return column;
  return translation.to === 'mysql' ? forMysql(column, translation) : forMariadb(column, translation);
}

/** What to have instead of a type that only MariaDB knows. */
const instead: Readonly<Record<string, string>> = {
  uuid: 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin',
  inet4: 'VARCHAR(15) CHARACTER SET ascii COLLATE ascii_bin',
  inet6: 'VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin',
};

function forMysql(column: ColumnDefinition, translation: Translation): ColumnDefinition {
  const { name, type, typeArguments } = column;
  const other = instead[type];
  if (other !== undefined) {
    translation.fault(
      `column ${name} has the type ${type.toUpperCase()}, which MySQL lacks`,
      `ALTER TABLE … MODIFY ${quoteName(name)} ${other}; the column then moves as text. Or run the service on MariaDB.`,
    );
  }
  if (type === 'decimal' && Number(/,(\d+)/.exec(typeArguments)?.[1] ?? 0) > 30) {
    translation.fault(
      `column ${name} is DECIMAL${typeArguments}; MySQL allows 30 digits after the point`,
      `ALTER TABLE … MODIFY ${quoteName(name)} to a scale of 30 or less, or run the service on MariaDB.`,
    );
  }
  if (type === 'year' && typeArguments === '(2)') {
    translation.fault(
      `column ${name} is YEAR(2), which MySQL lacks`,
      `ALTER TABLE … MODIFY ${quoteName(name)} YEAR(4).`,
    );
  }
  if (column.autoIncrement && /^(float|double)$/.test(type)) {
    translation.fault(
      `column ${name} counts up in ${type.toUpperCase()}, which MySQL refuses`,
      `ALTER TABLE … MODIFY ${quoteName(name)} BIGINT NOT NULL AUTO_INCREMENT.`,
    );
  }
  if (isMariadbJson(column)) {
    return { ...column, type: 'json', charset: null, collation: null, check: null };
  }
  if (type === 'year') return { ...column, typeArguments: '' };
  // Display widths mean nothing where no zeros are filled in; MySQL warns of them, but for the one that drivers take for a boolean.
  const bare = /int$/.test(type) && !column.zerofill && !(type === 'tinyint' && typeArguments === '(1)');
  return bare ? { ...column, typeArguments: '' } : column;
}

/** MariaDB's JSON is LONGTEXT with this check, and nothing tells it from one that was written so. */
export function isMariadbJson(column: ColumnDefinition): boolean {
  const check = joinTokens(column.check ?? []).toLowerCase();
  return (
    column.type === 'longtext' &&
    column.collation === 'utf8mb4_bin' &&
    check === `json_valid(${quoteName(column.name).toLowerCase()})`
  );
}

function forMariadb(column: ColumnDefinition, translation: Translation): ColumnDefinition {
  const { name, type } = column;
  if (type === 'vector') {
    translation.fault(
      `column ${name} is a VECTOR, which MariaDB 10.11 lacks`,
      `Keep the vectors as VARBINARY, or run the service on MySQL.`,
    );
  }
  if (type === 'geomcollection') return { ...column, type: 'geometrycollection' };
  if (type === 'json') {
    return {
      ...column,
      type: 'longtext',
      charset: 'utf8mb4',
      collation: 'utf8mb4_bin',
      check: sqlTokens(`json_valid(${quoteName(name)})`),
    };
  }
  // MariaDB forgets a declared SRID; a check refuses the same rows.
  if (column.srid !== null) {
    return { ...column, srid: null, check: sqlTokens(`st_srid(${quoteName(name)}) = ${column.srid}`) };
  }
  return column;
}
