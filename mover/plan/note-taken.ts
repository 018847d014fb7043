import { quoteName } from '../sql/names.ts';
import type { KeyColumn, KeyValues } from './key-range.ts';
import { exactSql, type SideColumn } from './side-column.ts';

/** Holds the keys that `noteTaken` has noted: values in hex, a dot between those of one key, a blank before each key. */
export const takenVariable = '@banyan_taken';

/**
 * The end of an INSERT. A row of the table that has a unique value of one to be inserted keeps what it has, its key is noted,
 * and the new row is left out.
 */
export function noteTaken(columns: readonly SideColumn[], key: readonly KeyColumn[]): string {
  const values = key.map((column) => `HEX(${bytesOf(column)})`).join(`, '.', `);
  const note = `${takenVariable} := CONCAT(${takenVariable}, ' ', ${values})`;
  const [first] = columns;
  const name = quoteName((columns.find(isPlain) ?? first)?.name ?? '');
  return ` ON DUPLICATE KEY UPDATE ${name} = IF((${note}) IS NULL, ${name}, ${name})`;
}

/** As the text protocol would send it. */
function bytesOf(column: KeyColumn): string {
  const sql = exactSql(column);
  const { kind } = column.shape;
  return `CAST(${sql} AS ${kind === 'text' || kind === 'binary' ? 'BINARY' : 'CHAR'})`;
}

/** An expression that is the column's value again writes the same value: an invalid member of an ENUM it would not. */
function isPlain({ shape: { kind, dataType } }: SideColumn): boolean {
  return kind === 'number' || kind === 'temporal' || dataType.endsWith('char') || dataType.endsWith('binary');
}

export function parseTaken(text: string): KeyValues[] {
  const keys = text.split(' ').filter((key) => key !== '');
  return keys.map((key) => key.split('.').map((value) => Buffer.from(value, 'hex')));
}
