import type { MoveSpec } from '../move-spec.ts';
import type { Session } from '../sql/session.ts';
import { readMovedTable, readTableShape } from './read-table-shape.ts';
import type { MovedTable } from './table-shape.ts';

/**
 * The source's table, with columns that are JSON on the target marked so: MariaDB's JSON is text with a check, MySQL's a
 * type of its own that wants to be told the character set of what it is given.
 */
export async function readMovedPair(
  source: Session,
  target: Session,
  spec: MoveSpec,
  name: string,
): Promise<MovedTable> {
  const table = await readMovedTable(source, spec.source.database, name);
  const there = await readTableShape(target, spec.target.database, name);
  const isJson = new Set(
    (there?.columns ?? []).flatMap((column) => (column.kind === 'json' ? [column.name] : [])),
  );
  return {
    ...table,
    columns: table.columns.map((column) => (isJson.has(column.name) ? { ...column, kind: 'json' } : column)),
  };
}
