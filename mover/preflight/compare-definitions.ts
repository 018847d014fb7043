import type { Fault } from '../../common/errors.ts';
import { printForeignKey } from '../schema/print-table.ts';
import { plainExpression } from '../schema/same-expression.ts';
import type {
  ColumnDefinition,
  Expression,
  IndexDefinition,
  TableDefinition,
} from '../schema/table-definition.ts';
import { collationsAgree } from '../schema/translate-collation.ts';
import { translateTable } from '../schema/translate-table.ts';
import { isMariadbJson } from '../schema/translate-type.ts';

export interface Comparison {
  /** Rows that one side holds and the other refuses. */
  readonly faults: readonly Fault[];
  /** What goes over, with the consequence. */
  readonly warnings: readonly Fault[];
}

/**
 * What the two tables do differently beside holding values: the source's definition in the target's words against what
 * the target has. Pure.
 */
export function compareDefinitions(source: TableDefinition, target: TableDefinition): Comparison {
  const expected = translateTable(source, target).table;
  const place = `${target.database}.${target.table}`;
  const warnings: Fault[] = [];
  const warn = (what: string, fix: string) =>
    warnings.push({ code: 'BANYAN_TABLES_DEVIATE', what: `${place}: ${what}`, fix });
  for (const column of expected.columns) {
    const there = target.columns.find((one) => one.name.toLowerCase() === column.name.toLowerCase());
    if (there) compareColumn(column, there, warn);
    else if (column.generated) {
      warn(
        `the generated column ${column.name} is missing`,
        'Add it if the service reads it; it is computed, not copied.',
      );
    }
  }
  compareIndexes(expected, target, warn);
  compareForeignKeys(expected, target, warn);
  return { faults: checkFaults(expected, target, place, warn), warnings };
}

type Warn = (what: string, fix: string) => void;

const sameMigration =
  'Make both the same in a migration, unless you mean it (`banyan schema` prints how legacy’s table would be made there).';

function compareColumn(expected: ColumnDefinition, there: ColumnDefinition, warn: Warn): void {
  const say = (column: ColumnDefinition) => (column.default ? plainExpression(column.default.value) : 'none');
  if (!expected.generated && !expected.autoIncrement && say(expected) !== say(there)) {
    warn(
      `column ${there.name} has the default ${say(there)}, where the other side has ${say(expected)}: rows that leave it out differ by the side that writes them`,
      sameMigration,
    );
  }
  const update = (column: ColumnDefinition) => (column.onUpdate ? plainExpression(column.onUpdate) : 'none');
  if (update(expected) !== update(there)) {
    warn(
      `column ${there.name} has ON UPDATE ${update(there)}, where the other side has ${update(expected)}: the time of a change is kept on one side only`,
      sameMigration,
    );
  }
  if (
    expected.generated &&
    there.generated &&
    plainExpression(expected.generated.expression) !== plainExpression(there.generated.expression)
  ) {
    warn(
      `the generated column ${there.name} is computed from ${plainExpression(there.generated.expression)}, on the other side from ${plainExpression(expected.generated.expression)}`,
      sameMigration,
    );
  }
  if (!collationsAgree(expected.collation, there.collation) && expected.charset === there.charset) {
    warn(
      `column ${there.name} has the collation ${there.collation}, where ${expected.collation} would be the nearest to the other side’s: comparisons and ORDER BY differ`,
      sameMigration,
    );
  }
}

function indexText(index: IndexDefinition): string {
  const parts = index.parts.map((part) => {
    const what = part.column?.toLowerCase() ?? plainExpression(part.expression ?? []);
    return `${what}${part.length === null ? '' : `(${part.length})`}`;
  });
  return `${index.kind === 'fulltext' || index.kind === 'spatial' ? `${index.kind} ` : ''}(${parts.join(', ')})`;
}

/** Unique ones are the comparison of shapes' business. An index that begins with the wanted columns serves as well. */
function compareIndexes(expected: TableDefinition, target: TableDefinition, warn: Warn): void {
  const there = target.indexes.map(indexText);
  for (const index of expected.indexes) {
    if (index.kind === 'primary' || index.kind === 'unique') continue;
    const text = indexText(index);
    if (there.some((one) => one === text || one.startsWith(`${text.slice(0, -1)},`))) continue;
    warn(
      `there is no index ${index.name} ${text}: queries that use it read the whole table`,
      'Add it before the cutover, if the service asks such queries.',
    );
  }
}

function compareForeignKeys(expected: TableDefinition, target: TableDefinition, warn: Warn): void {
  const text = (key: TableDefinition['foreignKeys'][number]) =>
    printForeignKey({ ...key, name: '' }).toLowerCase();
  const missing = (one: TableDefinition, other: TableDefinition) =>
    one.foreignKeys.filter((key) => !other.foreignKeys.some((there) => text(there) === text(key)));
  for (const key of missing(expected, target)) {
    warn(
      `foreign key ${key.name} (to ${key.parent}) is missing: the service may write rows that name no row there, and they come back to legacy as they are`,
      sameMigration,
    );
  }
  for (const key of missing(target, expected)) {
    warn(
      `foreign key ${key.name} (to ${key.parent}) is on this side only: rows that are carried over are not checked against it`,
      sameMigration,
    );
  }
}

/** All checks of a table, a column's own included; MariaDB's json_valid is part of the type. */
function checksOf(table: TableDefinition): Expression[] {
  return [
    ...table.checks.filter((check) => check.enforced).map((check) => check.expression),
    ...table.columns.flatMap((column) => (column.check && !isMariadbJson(column) ? [column.check] : [])),
  ];
}

/** A row that passes the checks of its writer's side must pass those of the other, or it cannot be carried over. */
function checkFaults(expected: TableDefinition, target: TableDefinition, place: string, warn: Warn): Fault[] {
  const faults: Fault[] = [];
  const sides = [
    [expected, target, 'the other side', 'rows that the service writes may be refused on the way back'],
    [target, expected, 'this side', 'rows of legacy may be refused on the way here'],
  ] as const;
  for (const [one, other, where, consequence] of sides) {
    const there = checksOf(other).map(plainExpression);
    for (const check of checksOf(one)) {
      const text = plainExpression(check);
      if (there.includes(text)) continue;
      // The same columns are checked there too: perhaps the same thing in other words.
      const names = check.filter((token) => token.kind === 'name').map((token) => token.text);
      if (there.some((candidate) => names.some((name) => candidate.includes(name)))) {
        warn(
          `the check ${text} is on ${where} only, or written in other words on the other: ${consequence}`,
          'Compare the checks of both tables.',
        );
        continue;
      }
      faults.push({
        code: 'BANYAN_CHECK_DIFFERS',
        what: `${place}: the check ${text} is on ${where} only: ${consequence}`,
        fix: 'Give both tables the same checks, or drop it.',
      });
    }
  }
  return faults;
}
