import type { ForeignKey } from '../shape/foreign-key.ts';

/** A foreign key between a table that moves and one that stays: after the cutover no server checks it. */
export interface SeveredKey {
  readonly name: string;
  readonly child: string;
  readonly parent: string;
  readonly consequence: string;
}

export function severedKeys(
  keys: readonly ForeignKey[],
  database: string,
  tables: readonly string[],
): SeveredKey[] {
  const moves = (schema: string, table: string) => schema === database && tables.includes(table);
  return keys.flatMap((key) => {
    const childMoves = moves(key.database, key.child);
    const parentMoves = moves(key.parentDatabase, key.parent);
    if (childMoves === parentMoves) return [];
    const child = `${key.database}.${key.child}`;
    const parent = `${key.parentDatabase}.${key.parent}`;
    const consequence = childMoves
      ? `the service may write rows of ${key.child} that name no row of ${parent}`
      : `rows of ${parent} may go while ${child} names them`;
    return [{ name: key.name, child, parent, consequence }];
  });
}
