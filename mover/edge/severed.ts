import type { Fault } from '../../common/errors.ts';
import { type MoveSpec, sideTables } from '../move-spec.ts';
import type { ForeignKeyDefinition, TableDefinition } from '../schema/table-definition.ts';
import { cascades, type ForeignKey } from '../shape/foreign-key.ts';

/** How the config names a foreign key: `orders.product_id`, or `lines.order_id,number`. */
export function keyName({ child, columns }: Pick<ForeignKey, 'child' | 'columns'>): string {
  return `${child}.${columns.join(',')}`;
}

/** Which end of the key belongs to a table of the move: of `database`'s tables, these. Null where both do, or none. */
export function movingEnd(
  key: ForeignKey,
  database: string,
  tables: readonly string[],
): 'child' | 'parent' | null {
  const moves = (schema: string, table: string) => schema === database && tables.includes(table);
  const child = moves(key.database, key.child);
  if (child === moves(key.parentDatabase, key.parent)) return null;
  return child ? 'child' : 'parent';
}

/** The foreign keys that cross the edge of the moved tables and may, on the user's word. */
export function severedAmong(
  keys: readonly ForeignKey[],
  spec: MoveSpec,
  side: 'source' | 'target',
): ForeignKey[] {
  if (spec.sever?.side !== side) return [];
  const names = new Set(spec.sever.keys);
  const { database } = spec[side];
  const tables = sideTables(spec, side);
  return keys.filter((key) => movingEnd(key, database, tables) !== null && names.has(keyName(key)));
}

/** A table's definition as it is to be compared with the other side's: what the user severs is no difference. */
export function withoutSevered(
  definition: TableDefinition,
  { sever }: MoveSpec,
  side: 'source' | 'target',
): TableDefinition {
  if (sever?.side !== side) return definition;
  const isSevered = ({ columns }: ForeignKeyDefinition) =>
    sever.keys.includes(keyName({ child: definition.table, columns }));
  return { ...definition, foreignKeys: definition.foreignKeys.filter((key) => !isSevered(key)) };
}

/** Names in the config that no foreign key across the edge has. */
export function severFaults(keys: readonly ForeignKey[], spec: MoveSpec, side: 'source' | 'target'): Fault[] {
  if (spec.sever?.side !== side) return [];
  const found = new Set(severedAmong(keys, spec, side).map(keyName));
  return spec.sever.keys
    .filter((name) => !found.has(name))
    .map((name) => ({
      code: 'BANYAN_SEVER_UNKNOWN',
      what: `\`sever\` names ${name}, and there is no foreign key of ${spec[side].database} on these columns between a table that moves and one that stays`,
      fix: 'Correct it in banyan.config.ts (`child table.column`, columns of one key joined by commas), or take it out.',
    }));
}

/** Which statements can leave an orphan from the cutover on, for each severed key. */
export function severWarnings(
  keys: readonly ForeignKey[],
  spec: MoveSpec,
  side: 'source' | 'target',
): Fault[] {
  const { database } = spec[side];
  const tables = sideTables(spec, side);
  return severedAmong(keys, spec, side).map((key) => {
    const { child, parent } = key;
    const columns = key.columns.join(', ');
    const parentColumns = key.parentColumns.join(', ');
    const statements =
      movingEnd(key, database, tables) === 'child'
        ? `INSERT into ${child} and UPDATE of ${child} (${columns}) on the service, which has no ${parent}; and DELETE from ${parent} and UPDATE of ${parent} (${parentColumns}) on legacy, which see ${child} as it was some milliseconds ago`
        : `DELETE from ${parent} and UPDATE of ${parent} (${parentColumns}) on the service, which has no ${child}${cascades(key) ? ` (legacy did ON DELETE ${key.onDelete} ON UPDATE ${key.onUpdate})` : ''}; and INSERT into ${child} and UPDATE of ${child} (${columns}) on legacy, which see ${parent} as it was some milliseconds ago, and may refuse a row that the service has just added`;
    return {
      code: 'BANYAN_FOREIGN_KEY_SEVERED',
      what: `foreign key ${key.name} (${key.database}.${child} → ${key.parentDatabase}.${parent}) is severed: from the cutover on these can leave rows of ${child} that name no row: ${statements}`,
      fix: 'See that the application bears it; `banyan verify` counts such rows.',
    };
  });
}
