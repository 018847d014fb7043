import { splitAtCommas, sqlTokens } from '../../schema/sql-tokens.ts';
import type { ColumnDefinition, TableDefinition } from '../../schema/table-definition.ts';
import { isMariadbJson } from '../../schema/translate-type.ts';
import { quoteName, quoteText } from '../../sql/names.ts';
import type { EngineKind } from '../../sql/session.ts';
import type { DataQuestion } from './data-question.ts';

/** What is asked of each column, by its type and by the engine that is to take it. */
export function columnQuestions(table: TableDefinition, to: EngineKind): DataQuestion[] {
  return table.columns
    .filter((column) => column.generated === null)
    .flatMap((column) => [
      ...memberQuestions(column),
      ...zeroDates(column),
      ...(table.engine === 'mariadb' && to === 'mysql' ? intoMysql(column) : []),
      ...(table.engine === 'mysql' && to === 'mariadb' ? intoMariadb(column) : []),
    ]);
}

/** ENUM index 0 and SETs with an empty member print like something else. */
function memberQuestions(column: ColumnDefinition): DataQuestion[] {
  const name = quoteName(column.name);
  if (column.type === 'enum') {
    return [
      {
        condition: `${name} + 0 = 0`,
        what: `column ${column.name} holds an ENUM's error value (index 0, printed as '')`,
        fix: `Give these rows a member or NULL: UPDATE … SET ${name} = … WHERE ${name} + 0 = 0.`,
        refused: true,
      },
    ];
  }
  const members = splitAtCommas(sqlTokens(column.typeArguments.slice(1, -1))).map((part) => part[0]?.text);
  if (column.type !== 'set' || !members.includes("''")) return [];
  return [
    {
      condition: `${name} + 0 <> 0 AND ${name} = ''`,
      what: `column ${column.name} holds a SET with nothing but the member '', which prints like an empty SET and would arrive as one`,
      fix: `Rename that member on both sides, or empty these SETs: UPDATE … SET ${name} = 0.`,
      refused: true,
    },
  ];
}

function zeroDates(column: ColumnDefinition): DataQuestion[] {
  if (!/^(date|datetime|timestamp)$/.test(column.type)) return [];
  const name = quoteName(column.name);
  const parts = column.type === 'timestamp' ? '' : ` OR MONTH(${name}) = 0 OR DAY(${name}) = 0`;
  return [
    {
      condition: `CAST(${name} AS CHAR) LIKE '0000-00-00%'${parts}`,
      what: `column ${column.name} holds a zero date or a date without month or day`,
      fix: 'They are carried over as they are; a service in strict mode cannot write them, and its driver may read them as null.',
      refused: false,
    },
  ];
}

/** A JSON text without what stands in strings. */
function withoutStrings(name: string): string {
  return `REGEXP_REPLACE(${name}, ${quoteText('"(\\\\.|[^"\\\\])*"')}, '""')`;
}

function intoMysql(column: ColumnDefinition): DataQuestion[] {
  const name = quoteName(column.name);
  const at = `column ${column.name}`;
  if (column.type === 'time' && column.typeArguments !== '') {
    return [
      {
        condition: `${name} > '838:59:59' OR ${name} < '-838:59:59'`,
        what: `${at} holds a TIME beyond 838:59:59.000000, where MySQL ends`,
        fix: `UPDATE … SET ${name} = '838:59:59' for these rows (and its negative).`,
        refused: true,
      },
    ];
  }
  if (column.type === 'timestamp' && column.typeArguments !== '') {
    return [
      {
        condition: `${name} > '1970-01-01 00:00:00' AND ${name} < '1970-01-01 00:00:01'`,
        what: `${at} holds a TIMESTAMP in the first second of 1970, which MySQL has not`,
        fix: `UPDATE … SET ${name} = '1970-01-01 00:00:01' for these rows.`,
        refused: true,
      },
    ];
  }
  if (!isMariadbJson(column)) return [];
  const bare = withoutStrings(name);
  const number = '(^|[^0-9.eE+-])-?';
  const matches = (text: string, pattern: string) => `${text} REGEXP ${quoteText(pattern)}`;
  return [
    {
      condition: [
        matches(bare, '[0-9]\\.([^0-9]|$)'),
        matches(bare, '(^|[^0-9.eE])-([^0-9]|$)'),
        matches(bare, '[eE]\\+?0*(309|3[1-9][0-9]|[4-9][0-9]{2}|[1-9][0-9]{3,})'),
        matches(name, '(^|[^\\\\])(\\\\\\\\)*\\\\[^"\\\\/bfnrtu]'),
      ].join(' OR '),
      what: `${at} holds JSON that MariaDB takes and MySQL refuses (a number like 1. or 1e400, an escape like \\x)`,
      fix: 'Write these documents as JSON has it.',
      refused: true,
    },
    {
      condition: [
        matches(bare, `${number}[0-9]{20,}([^0-9]|$)`),
        matches(bare, `${number}(?=[0-9.]*\\.)[0-9.]{19,}`),
        matches(bare, '(^|[^0-9.eE+-])-0([^0-9.eE]|$)'),
      ].join(' OR '),
      what: `${at} holds JSON numbers that MySQL keeps as a DOUBLE or without their sign (beyond 64 bits, more than 17 digits, -0)`,
      fix: 'Nothing, if the application reads numbers as JavaScript does; else keep them as strings.',
      refused: false,
    },
  ];
}

function intoMariadb(column: ColumnDefinition): DataQuestion[] {
  const name = quoteName(column.name);
  if (/^(double|float)$/.test(column.type)) {
    return [
      {
        condition: `${name} = 0 AND CAST(${name} AS CHAR) LIKE '-%'`,
        what: `column ${column.name} holds -0, which MariaDB stores as 0`,
        fix: 'Nothing: no comparison in SQL tells them apart.',
        refused: false,
      },
    ];
  }
  if (column.type !== 'json') return [];
  return [
    {
      condition: `JSON_DEPTH(${name}) > 32`,
      what: `column ${column.name} holds JSON nested deeper than 31, which MariaDB's JSON_VALID refuses`,
      fix: 'Flatten these documents, or keep the column as LONGTEXT without a check on both sides.',
      refused: true,
    },
    {
      condition: `JSON_DEPTH(${name}) = 32`,
      what: `column ${column.name} holds JSON of depth 32: MariaDB takes it only where the innermost value is a scalar`,
      fix: 'Look at these documents: an empty array or object in the innermost place would be refused.',
      refused: false,
    },
  ];
}
