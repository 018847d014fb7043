import { quoteName } from '../sql/names.ts';
import type { EngineKind } from '../sql/session.ts';
import type { SideColumn } from './side-column.ts';

/**
 * LOAD DATA for lines of raw bytes in the order of the columns. Three kinds of columns go by way of a variable: MySQL's
 * JSON and MariaDB's UUID and INET, which refuse binary and must be told what the bytes are; and the auto-increment column, because MariaDB
 * loading into a table with a BEFORE INSERT trigger (the fence) gives a 0 a new number in spite of
 * NO_AUTO_VALUE_ON_ZERO, but not when the value is SET.
 */
export function loadStatement(engine: EngineKind, place: string, columns: readonly SideColumn[]): string {
  const assigned = ({ shape }: SideColumn, variable: string): string | null => {
    if (shape.kind === 'ascii') return `CONVERT(${variable} USING latin1)`;
    if (shape.kind === 'json' && engine === 'mysql') return `CONVERT(${variable} USING utf8mb4)`;
    return shape.autoIncrement ? variable : null;
  };
  const fields = columns.map((column, index) => {
    const variable = `@banyan_${index}`;
    const value = assigned(column, variable);
    return value === null
      ? { field: quoteName(column.name), set: null }
      : { field: variable, set: `${quoteName(column.name)} = ${value}` };
  });
  const set = fields.flatMap((field) => field.set ?? []);
  return `LOAD DATA LOCAL INFILE 'banyan' INTO TABLE ${place} CHARACTER SET binary
    FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'
    (${fields.map((field) => field.field).join(', ')}) ${set.length === 0 ? '' : `SET ${set.join(', ')}`}`;
}
