import type { MovedTable } from '../shape/table-shape.ts';
import { quoteName, quoteTable } from '../sql/names.ts';
import type { EngineKind } from '../sql/session.ts';

/**
 * LOAD DATA for lines of raw bytes in the order of the table's columns. MySQL's JSON refuses binary, so such a column is
 * loaded by way of a variable that says what the bytes are.
 */
export function loadStatement(engine: EngineKind, database: string, table: MovedTable): string {
  const asText = (kind: string) => kind === 'json' && engine === 'mysql';
  const fields = table.columns.map((column, index) =>
    asText(column.kind) ? `@banyan_${index}` : quoteName(column.name),
  );
  const set = table.columns.flatMap((column, index) =>
    asText(column.kind) ? [`${quoteName(column.name)} = CONVERT(@banyan_${index} USING utf8mb4)`] : [],
  );
  return `LOAD DATA LOCAL INFILE 'banyan' INTO TABLE ${quoteTable(database, table.table)} CHARACTER SET binary
    FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (${fields.join(', ')})
    ${set.length === 0 ? '' : `SET ${set.join(', ')}`}`;
}
