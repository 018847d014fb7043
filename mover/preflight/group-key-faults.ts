import type { Fault } from '../../common/errors.ts';
import { type MoveSpec, sideTables, type TableSpec } from '../move-spec.ts';
import { leadOf } from '../plan/group-key.ts';
import { isMapped } from '../plan/map-columns.ts';
import { chooseKey } from '../shape/choose-key.ts';
import { changesChildren, type ForeignKey } from '../shape/foreign-key.ts';
import { hashedColumns, samePairs } from '../shape/hashed-columns.ts';
import type { TableShape } from '../shape/table-shape.ts';

/** What keeps a table from going by all of its columns, as far as the shapes tell. Pure. */
export function groupKeyFaults(spec: TableSpec, here: TableShape, there: TableShape): Fault[] {
  const place = `${here.database}.${here.table}`;
  const pairs = samePairs(here, there);
  const faults: Fault[] = [];
  if (isMapped(spec)) {
    faults.push({
      code: 'BANYAN_KEY_BY',
      what: `${place} is to go by all columns, and is mapped: what a row of it is on the other side could not be found again`,
      fix: 'Leave the mapping out, or give the table a key.',
    });
  }
  for (const name of spec.by ?? []) {
    if (leadOf(name, pairs) !== null) continue;
    faults.push({
      code: 'BANYAN_KEY_BY',
      what: `\`by\` names ${name}, which is no column of ${place} that can lead to its rows: NOT NULL on both sides, of an integer, decimal, temporal, CHAR, VARCHAR, BINARY or VARBINARY type, with one collation`,
      fix: 'Name columns with which an index of both sides begins, or leave `by` out.',
    });
  }
  if (hashedColumns(pairs).length === 0) {
    faults.push({
      code: 'BANYAN_TABLE_NO_KEY',
      what: `${place} has no column that tells its rows apart (FLOAT, DOUBLE, JSON and spatial columns do not)`,
      fix: `Add a key: ALTER TABLE ${here.table} ADD COLUMN banyan_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY.`,
    });
  }
  return faults;
}

/** What is said of one that can. Pure. */
export function groupKeyWarnings(here: TableShape, there: TableShape): Fault[] {
  if (chooseKey(here) === null || chooseKey(there) === null) return [];
  return [
    {
      code: 'BANYAN_KEY_UNNEEDED',
      what: `${here.database}.${here.table} has a key on both sides, and goes by all columns on request, which takes more time`,
      fix: "Take `key: 'all columns'` of this table out of banyan.config.ts before the copy.",
    },
  ];
}

/**
 * Foreign keys that give a row other values without a trigger of its table: what it is afterwards is not known to the trigger of the
 * parent. A row that a cascade deletes, or that follows its parent's new key, is found.
 */
export function groupCascadeFaults(
  keys: readonly ForeignKey[],
  database: string,
  spec: MoveSpec,
  side: 'source' | 'target',
): Fault[] {
  const grouped = spec.tables.filter(({ key }) => key !== undefined);
  const tables = sideTables({ tables: grouped }, side);
  return keys.flatMap((key) => {
    const sets = [key.onDelete, key.onUpdate].some(
      (rule) => changesChildren(rule) && !/^CASCADE$/i.test(rule),
    );
    if (key.database !== database || !tables.includes(key.child) || !sets) return [];
    return [
      {
        code: 'BANYAN_FOREIGN_KEY_CASCADE',
        what: `foreign key ${key.name} changes rows of ${database}.${key.child} by ON DELETE ${key.onDelete} ON UPDATE ${key.onUpdate}, and that table goes by all columns: triggers of ${key.parent} cannot tell what these rows become`,
        fix: `Give ${key.child} a key (\`banyan check\` without \`key: 'all columns'\` prints the statement), or make the foreign key RESTRICT.`,
      },
    ];
  });
}
