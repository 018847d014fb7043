import { createHash } from 'node:crypto';

/** The longest name of a table or trigger in MySQL and MariaDB, in characters. */
const longestName = 64;

/** An identifier in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function quoteTable(database: string, table: string): string {
  return `${quoteName(database)}.${quoteName(table)}`;
}

/** A string literal of printable text of ours. Row values go through `literal`, never through this. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/**
 * A name of ours for something that belongs to one table: the same at every run, at most 64 characters, and different
 * for different tables also where the readable part had to be cut.
 */
export function derivedName(prefix: string, database: string, table: string): string {
  const hash = createHash('sha256').update(`${database}\0${table}`).digest('hex').slice(0, 10);
  const room = longestName - prefix.length - hash.length - 2;
  const readable = [...table.replaceAll(/[^\p{L}\p{N}_]/gu, '_')].slice(0, room).join('');
  return `${prefix}_${readable}_${hash}`;
}
