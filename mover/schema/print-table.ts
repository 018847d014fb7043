import { quoteName, quoteTable } from '../sql/names.ts';
import { joinTokens } from './sql-tokens.ts';
import type {
  ColumnDefinition,
  ForeignKeyDefinition,
  IndexDefinition,
  IndexPart,
  TableDefinition,
} from './table-definition.ts';
import { isMariadbJson } from './translate-type.ts';

/** CREATE TABLE for the definition's own engine; nothing is left to a server's defaults. */
export function printTable(table: TableDefinition, foreignKeys: readonly ForeignKeyDefinition[]): string {
  const lines = [
    ...table.columns.map((column) => printColumn(column, table)),
    ...table.periods.map(
      ({ name, columns }) => `PERIOD FOR ${quoteName(name)} (${columns.map(quoteName).join(', ')})`,
    ),
    ...table.indexes.map((index) => printIndex(index, table)),
    ...foreignKeys.map(printForeignKey),
    ...table.checks.map((check) => {
      const name = check.name === '' ? '' : `CONSTRAINT ${quoteName(check.name)} `;
      return `${name}CHECK (${joinTokens(check.expression)})${check.enforced ? '' : ' NOT ENFORCED'}`;
    }),
  ];
  const options = [
    'ENGINE=InnoDB',
    `DEFAULT CHARACTER SET=${table.charset} COLLATE=${table.collation}`,
    ...table.options.map(
      ({ name, value }) => `${/^[A-Z_ ]+$/.test(name) ? name : quoteName(name.toLowerCase())}=${value}`,
    ),
    ...(table.comment === '' ? [] : [`COMMENT=${table.comment}`]),
  ];
  const partitions = table.partitioning.length === 0 ? '' : `\n${joinTokens(table.partitioning)}`;
  return `CREATE TABLE ${quoteTable(table.database, table.table)} (\n  ${lines.join(',\n  ')}\n) ${options.join(' ')}${partitions}`;
}

/** As in CREATE TABLE and in ALTER TABLE … MODIFY. */
export function printColumn(column: ColumnDefinition, table: TableDefinition): string {
  const parts = [quoteName(column.name)];
  if (table.engine === 'mariadb' && isMariadbJson(column)) parts.push('JSON');
  else {
    parts.push(`${column.type.toUpperCase()}${column.typeArguments}`);
    if (column.unsigned) parts.push('UNSIGNED');
    if (column.zerofill) parts.push('ZEROFILL');
    if (table.engine === 'mariadb') parts.push(...column.storage);
    if (column.collation !== null) parts.push(`CHARACTER SET ${column.charset} COLLATE ${column.collation}`);
  }
  if (column.generated) {
    const { expression, stored } = column.generated;
    parts.push(`GENERATED ALWAYS AS (${joinTokens(expression)}) ${stored ? 'STORED' : 'VIRTUAL'}`);
    if (!column.nullable) parts.push('NOT NULL');
  } else {
    parts.push(column.nullable ? 'NULL' : 'NOT NULL');
    parts.push(...printDefault(column));
    if (column.onUpdate) parts.push(`ON UPDATE ${joinTokens(column.onUpdate)}`);
    if (column.autoIncrement) parts.push('AUTO_INCREMENT');
  }
  if (column.srid !== null) parts.push(`SRID ${column.srid}`);
  if (column.invisible) parts.push('INVISIBLE');
  if (table.engine === 'mysql') parts.push(...column.storage);
  if (column.comment !== '') parts.push(`COMMENT ${column.comment}`);
  if (column.check && !(table.engine === 'mariadb' && isMariadbJson(column))) {
    parts.push(`CHECK (${joinTokens(column.check)})`);
  }
  return parts.join(' ');
}

const timestamps = /^(current_timestamp|now|localtime|localtimestamp)$/i;

function printDefault(column: ColumnDefinition): string[] {
  if (column.default === null) return [];
  const { kind, value } = column.default;
  const text = joinTokens(value);
  // The one expression that neither wants brackets for, and that TIMESTAMP takes only without them.
  const bare = kind === 'literal' || (timestamps.test(value[0]?.text ?? '') && value.length <= 4);
  return [`DEFAULT ${bare ? text : `(${text})`}`];
}

export function printIndex(index: IndexDefinition, table: TableDefinition): string {
  const kinds = {
    primary: 'PRIMARY KEY',
    unique: 'UNIQUE KEY',
    plain: 'KEY',
    fulltext: 'FULLTEXT KEY',
    spatial: 'SPATIAL KEY',
  };
  const name = index.kind === 'primary' ? '' : ` ${quoteName(index.name)}`;
  const parts = [
    ...index.parts.map(printPart),
    ...(index.withoutOverlaps === null ? [] : [`${quoteName(index.withoutOverlaps)} WITHOUT OVERLAPS`]),
  ];
  const parser = index.parser === null ? '' : ` WITH PARSER ${quoteName(index.parser)}`;
  const hidden = index.invisible ? (table.engine === 'mariadb' ? ' IGNORED' : ' INVISIBLE') : '';
  return `${kinds[index.kind]}${name} (${parts.join(', ')})${parser}${index.comment === '' ? '' : ` COMMENT ${index.comment}`}${hidden}`;
}

function printPart(part: IndexPart): string {
  const what = part.expression === null ? quoteName(part.column ?? '') : `(${joinTokens(part.expression)})`;
  return `${what}${part.length === null ? '' : `(${part.length})`}${part.descending ? ' DESC' : ''}`;
}

export function printForeignKey(key: ForeignKeyDefinition): string {
  const names = (columns: readonly string[]) => columns.map(quoteName).join(', ');
  return `CONSTRAINT ${quoteName(key.name)} FOREIGN KEY (${names(key.columns)}) REFERENCES ${quoteName(key.parent)} (${names(key.parentColumns)})${key.actions === '' ? '' : ` ${key.actions}`}`;
}
