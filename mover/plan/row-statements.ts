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

/**
 * INSERT of one row whose values are parameters, in the order of the columns, for MariaDB to execute in bulk. The parameters are raw
 * bytes; MariaDB's UUID and INET refuse binary and must be told what the bytes are.
 */
export function insertStatement(place: string, columns: readonly SideColumn[]): string {
  const names = columns.map(({ name }) => quoteName(name));
  const values = columns.map(({ shape }) => (shape.kind === 'ascii' ? 'CONVERT(? USING latin1)' : '?'));
  return `INSERT INTO ${place} (${names.join(', ')}) VALUES (${values.join(', ')})`;
}
