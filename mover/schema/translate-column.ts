import { quoteName } from '../sql/names.ts';
import { sqlTokens } from './sql-tokens.ts';
import type { ColumnDefault, ColumnDefinition, TableDefinition } from './table-definition.ts';
import { translateCollation } from './translate-collation.ts';
import { computesDifferently, translateExpression } from './translate-expression.ts';
import { translateType } from './translate-type.ts';
import type { Translation } from './translation.ts';

export interface ColumnContext {
  readonly translation: Translation;
  readonly source: TableDefinition;
  readonly targetDatabase: string;
}

/** One column for the target's engine. */
export function translateColumn(column: ColumnDefinition, context: ColumnContext): ColumnDefinition {
  const { translation } = context;
  const about = `column ${column.name}`;
  const typed = translateType(column, translation);
  const generated = column.generated && {
    ...column.generated,
    expression: translateExpression(column.generated.expression, about, translation),
  };
  if (!translation.same && generated) noteGenerated(column, about, translation);
  const check = typed.check && translateExpression(typed.check, `the check of ${about}`, translation);
  return {
    ...typed,
    ...translateText(typed, context),
    generated,
    check,
    default: translateDefault(typed, context),
    ...translateInvisible(typed, generated !== null, about, translation),
    storage: translateStorage(column, about, translation),
  };
}

function noteGenerated(column: ColumnDefinition, about: string, translation: Translation): void {
  const differs = computesDifferently(column.generated?.expression ?? []);
  if (differs === null) return;
  translation.note(
    `${about} is generated, and ${translation.target} may compute other values: ${differs}`,
    'Compare some rows on both sides after the copy, or compute the value in the application.',
  );
}

/** Strings keep their character set; what is unique must also keep its collation exactly. */
function translateText(
  column: ColumnDefinition,
  { translation, source }: ColumnContext,
): Pick<ColumnDefinition, 'charset' | 'collation'> {
  if (column.collation === null) return { charset: null, collation: null };
  const there = translateCollation(column.collation, translation.from, translation.to);
  if (there === null) {
    translation.fault(
      `column ${column.name} has the character set ${column.charset}, which ${translation.target} lacks`,
      `ALTER TABLE ${quoteName(source.table)} MODIFY the column to CHARACTER SET utf8mb4, or run the service on ${translation.source}.`,
    );
    return { charset: column.charset, collation: column.collation };
  }
  if (there.exact) return { charset: there.charset, collation: there.collation };
  if (decidesEquality(source, column.name)) {
    translation.fault(
      `column ${column.name} is part of a key and has the collation ${column.collation}; ${translation.target} has none that calls the same strings equal`,
      `Give it one that both engines have, such as ${there.charset}_unicode_520_ci or ${there.charset}_bin: ALTER TABLE ${quoteName(source.table)} MODIFY ${quoteName(column.name)} … COLLATE …; or run the service on ${translation.source}.`,
    );
  } else {
    translation.replacedCollation(column.name, column.collation, there.collation);
  }
  return { charset: there.charset, collation: there.collation };
}

/** Whether what the column's collation calls equal decides which rows may exist. */
function decidesEquality(table: TableDefinition, column: string): boolean {
  const inKey = table.indexes.some(
    (index) =>
      (index.kind === 'primary' || index.kind === 'unique') &&
      index.parts.some((part) => part.column === column),
  );
  return (
    inKey || table.foreignKeys.some((key) => key.columns.includes(column)) || partitionsBy(table, column)
  );
}

function partitionsBy(table: TableDefinition, column: string): boolean {
  return table.partitioning.some((token) => token.text === column || token.text === quoteName(column));
}

const longTypes =
  /^(tiny|medium|long)?(text|blob)$|^(json|geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection|geomcollection)$/;

function translateDefault(column: ColumnDefinition, context: ColumnContext): ColumnDefault | null {
  const given = column.default;
  const { translation, targetDatabase, source } = context;
  if (given === null) return null;
  if (given.value.length === 0) {
    translation.fault(
      `the default of column ${column.name} holds bytes that ${translation.source} does not print`,
      `Write it in hex by hand: ALTER TABLE ${quoteName(source.table)} ALTER ${quoteName(column.name)} SET DEFAULT (x'…'); or drop the default.`,
    );
    return null;
  }
  // A sequence is named with its database.
  const value = given.value.map((token, index) =>
    translation.from === 'mariadb' &&
    given.value[index + 1]?.text === '.' &&
    token.text === quoteName(source.database)
      ? { ...token, text: quoteName(targetDatabase) }
      : token,
  );
  const [only] = value;
  if (value.length === 1 && only?.text.startsWith('0x') && translation.to === 'mariadb') {
    return { kind: 'literal', value: [{ kind: 'string', text: `X'${only.text.slice(2)}'` }] };
  }
  const translated = translateExpression(value, `the default of column ${column.name}`, translation);
  if (given.kind === 'literal') {
    // MySQL takes a literal for these only as an expression.
    const asExpression = translation.to === 'mysql' && longTypes.test(column.type);
    return { kind: asExpression ? 'expression' : 'literal', value: translated };
  }
  return { kind: 'expression', value: translated };
}

function translateInvisible(
  column: ColumnDefinition,
  generated: boolean,
  about: string,
  translation: Translation,
): Partial<ColumnDefinition> {
  const into = translation.to === 'mariadb' && !translation.same;
  if (
    into &&
    column.invisible &&
    !column.nullable &&
    column.default === null &&
    !column.autoIncrement &&
    !generated
  ) {
    translation.fault(
      `${about} is invisible, NOT NULL and without a default, which MariaDB refuses`,
      `Give it a default: ALTER TABLE … ALTER ${quoteName(column.name)} SET DEFAULT …; or make it visible.`,
    );
  }
  if (!into || !generated || column.nullable) return {};
  // MariaDB's grammar has no NOT NULL there; a check says the same.
  const isNotNull = sqlTokens(`${quoteName(column.name)} IS NOT NULL`);
  return {
    nullable: true,
    check:
      column.check === null
        ? isNotNull
        : [...sqlTokens('('), ...column.check, ...sqlTokens(') AND'), ...isNotNull],
  };
}

function translateStorage(
  column: ColumnDefinition,
  about: string,
  translation: Translation,
): readonly string[] {
  if (translation.same || column.storage.length === 0) return column.storage;
  translation.note(
    `${about} loses ${column.storage.join(', ')}: ${translation.target} stores it without`,
    'Nothing: values are the same, only disk space is not.',
  );
  return [];
}
