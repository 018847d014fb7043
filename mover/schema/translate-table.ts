import { quoteName } from '../sql/names.ts';
import type { EngineKind } from '../sql/session.ts';
import type { CheckDefinition, TableDefinition } from './table-definition.ts';
import { translateCollation } from './translate-collation.ts';
import { translateColumn } from './translate-column.ts';
import { computesDifferently, translateExpression } from './translate-expression.ts';
import { translateIndex } from './translate-index.ts';
import { translateOptions } from './translate-options.ts';
import { Translation } from './translation.ts';

export interface TranslatedTable {
  readonly table: TableDefinition;
  readonly translation: Translation;
}

/**
 * The same table for another server: every value that the one holds, the other holds, and refuses the same. Foreign keys go over
 * as they are; whether their parents do is the plan's business. Pure.
 */
export function translateTable(
  source: TableDefinition,
  target: { readonly engine: EngineKind; readonly database: string },
): TranslatedTable {
  const translation = new Translation(source.engine, target.engine, `${source.database}.${source.table}`);
  kindFaults(source, translation);
  const context = { translation, source, targetDatabase: target.database };
  const table = translateCollation(source.collation, source.engine, target.engine);
  const translated: TableDefinition = {
    ...source,
    engine: target.engine,
    database: target.database,
    columns: source.columns.map((column) => translateColumn(column, context)),
    indexes: source.indexes.flatMap((index) => translateIndex(index, source, translation) ?? []),
    checks: source.checks.flatMap((check) => translateCheck(check, translation) ?? []),
    options: translateOptions(source, translation),
    charset: table?.charset ?? 'utf8mb4',
    collation: table?.collation ?? 'utf8mb4_bin',
    partitioning: source.partitioning,
  };
  translation.noteCollations();
  return { table: translated, translation };
}

function kindFaults(source: TableDefinition, translation: Translation): void {
  const alter = `ALTER TABLE ${quoteName(source.table)}`;
  if (source.storageEngine.toLowerCase() !== 'innodb') {
    translation.fault(
      `the table is kept by ${source.storageEngine}, which has no transactions`,
      `${alter} ENGINE = InnoDB;`,
    );
  }
  if (source.versioned) {
    translation.fault(
      'the table is system-versioned: its history would not move',
      `\`versioned: 'current'\` moves its current rows; or keep the history in a table of its own, then ${alter} DROP SYSTEM VERSIONING;`,
    );
  } else if (source.periods.length > 0 && translation.to === 'mysql') {
    translation.fault(
      `the table has the period ${source.periods[0]?.name}, which MySQL lacks`,
      `${alter} DROP PERIOD FOR ${source.periods[0]?.name}; the columns stay. Or run the service on MariaDB.`,
    );
  }
}

/** MariaDB numbers checks within a table, MySQL within a database: an automatic name is left to the server. */
const automatic = /^CONSTRAINT_\d+$/;

function translateCheck(check: CheckDefinition, translation: Translation): CheckDefinition | null {
  if (translation.same) return check;
  if (!check.enforced) {
    translation.note(
      `check ${check.name} is NOT ENFORCED, which MariaDB does not know: it is left out`,
      'Nothing: it refused no row.',
    );
    return null;
  }
  const about = `check ${check.name}`;
  const differs = computesDifferently(check.expression);
  if (differs !== null) {
    translation.note(
      `${about} may hold for other rows on ${translation.target}: ${differs}`,
      'Look at the expression; where rows would be refused on the way back, drop the check on both sides.',
    );
  }
  return {
    ...check,
    name: automatic.test(check.name) ? '' : check.name,
    expression: translateExpression(check.expression, about, translation),
  };
}
