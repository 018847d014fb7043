import { quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { unquoteName } from './sql-tokens.ts';
import type { TableDefinition } from './table-definition.ts';

/** The sequences of its own database that defaults of the tables take their values from. */
export function sequencesOf(tables: readonly TableDefinition[]): string[] {
  const names = tables.flatMap((table) =>
    table.columns.flatMap((column) => {
      const value = column.default?.value ?? [];
      const last = value.at(-2);
      return /^nextval$/i.test(value[0]?.text ?? '') && last !== undefined ? [unquoteName(last)] : [];
    }),
  );
  return [...new Set(names)];
}

/** The sequence for the target, going on after the numbers that the source has given out so far. */
export async function sequenceStatement(
  session: Session,
  source: string,
  target: string,
  name: string,
): Promise<string> {
  const [printed] = await session.texts(`SHOW CREATE SEQUENCE ${quoteTable(source, name)}`);
  const [counter] = await session.texts(`SELECT next_not_cached_value FROM ${quoteTable(source, name)}`);
  return (printed?.[1] ?? '')
    .replace(/^CREATE SEQUENCE `(?:[^`]|``)*`/i, () => `CREATE SEQUENCE ${quoteTable(target, name)}`)
    .replace(/start with -?\d+/i, `start with ${counter?.[0]}`);
}
