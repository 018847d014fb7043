import { BanyanError } from '../../common/errors.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { chooseKey } from './choose-key.ts';
import { columnKind } from './column-kind.ts';
import type { ColumnShape, MovedTable, TableShape, UniqueIndex } from './table-shape.ts';

/** Null when there is no such table. */
export async function readTableShape(
  session: Session,
  database: string,
  table: string,
): Promise<TableShape | null> {
  const here = `TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`;
  const [head] = await session.texts(
    `SELECT TABLE_TYPE, ENGINE, TABLE_ROWS FROM information_schema.TABLES WHERE ${here}`,
  );
  if (head === undefined) return null;
  const columns = await session.texts(
    `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA,
            GENERATION_EXPRESSION
       FROM information_schema.COLUMNS WHERE ${here} ORDER BY ORDINAL_POSITION`,
  );
  const indexColumns = await session.texts(
    `SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
      WHERE ${here} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME = 'PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX`,
  );
  return {
    database,
    table,
    tableType: head[0] ?? '',
    storageEngine: head[1] ?? '',
    columns: columns.map(toColumn),
    uniqueIndexes: toIndexes(indexColumns),
    rowsEstimate: Number(head[2] ?? 0),
  };
}

function toColumn(row: readonly (string | null)[]): ColumnShape {
  const [name, dataType, columnType, charset, collation, nullable, extra, generation] = row;
  const type = (dataType ?? '').toLowerCase();
  const isEnum = type === 'enum' || type === 'set';
  return {
    name: name ?? '',
    dataType: type,
    columnType: columnType ?? '',
    kind: columnKind(type),
    // MySQL names no character set for an ENUM or SET of bytes, MariaDB does.
    charset: charset === 'utf8' ? 'utf8mb3' : (charset ?? (isEnum ? 'binary' : null)),
    collation: collation?.replace(/^utf8_/, 'utf8mb3_') ?? (isEnum ? 'binary' : null),
    nullable: nullable === 'YES',
    generated: generation !== null && generation !== undefined && generation !== '',
    autoIncrement: /auto_increment/i.test(extra ?? ''),
  };
}

function toIndexes(rows: readonly (readonly (string | null)[])[]): UniqueIndex[] {
  const byName = Map.groupBy(rows, (row) => row[0] ?? '');
  return [...byName].map(([name, parts]) => ({
    name,
    columns: parts.map((part) => part[1] ?? null),
    prefixed: parts.some((part) => part[2] !== null),
  }));
}

/** The table as the mover needs it; the preflight has said what is wrong with one that this refuses. */
export async function readMovedTable(session: Session, database: string, table: string): Promise<MovedTable> {
  const shape = await readTableShape(session, database, table);
  const key = shape ? chooseKey(shape) : null;
  if (!shape || !key) {
    throw new BanyanError(
      'BANYAN_TABLE_UNMOVABLE',
      shape
        ? `table ${database}.${table} has no key that a move can go by`
        : `table ${database}.${table} does not exist`,
      { fix: 'Run `banyan check`: it lists everything that keeps this table from moving.' },
    );
  }
  return toMovedTable(shape, key);
}

export function toMovedTable(shape: TableShape, key: readonly ColumnShape[]): MovedTable {
  const keyNames = new Set(key.map((column) => column.name));
  const isKey = (index: UniqueIndex) =>
    index.columns.length === keyNames.size &&
    index.columns.every((name) => name !== null && keyNames.has(name));
  return {
    database: shape.database,
    table: shape.table,
    columns: shape.columns.filter((column) => !column.generated),
    key,
    otherUnique: shape.uniqueIndexes
      .filter((index) => !isKey(index))
      .map((index) =>
        index.columns.flatMap((name) => shape.columns.find((column) => column.name === name) ?? []),
      ),
  };
}
