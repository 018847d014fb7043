import { quoteName } from '../sql/names.ts';
import type { IndexDefinition, TableDefinition } from './table-definition.ts';
import type { Translation } from './translation.ts';

const treeBytes = 3_072;

/** An index for the target's engine; null where it must be left out, which is noted. */
export function translateIndex(
  index: IndexDefinition,
  source: TableDefinition,
  translation: Translation,
): IndexDefinition | null {
  if (translation.same) return index;
  const about = `index ${index.name}`;
  const unique = index.kind === 'unique' || index.kind === 'primary';
  if (translation.to === 'mysql') return forMysql(index, source, translation);
  if (index.parts.some((part) => part.expression !== null)) {
    if (unique) {
      translation.fault(
        `unique ${about} is over an expression, which MariaDB cannot index`,
        'Make a generated column of the expression on both sides and a unique index over it.',
      );
    } else {
      translation.note(
        `${about} is over an expression, which MariaDB cannot index: it is left out`,
        'Add a generated column and an index over it to the target’s table if queries there need it.',
      );
    }
    return null;
  }
  const generated = index.parts.some((part) =>
    source.columns.some((column) => column.name === part.column && column.generated !== null),
  );
  if (index.kind === 'primary' && generated) {
    translation.fault(
      'the primary key has a generated column, which MariaDB refuses',
      'Take another primary key, and keep this one as a unique index.',
    );
  }
  if (index.parser !== null) {
    translation.note(
      `${about} is read with the parser ${index.parser}, which MariaDB lacks: it gets the usual one`,
      'Full-text searches there find other words: test them, or search elsewhere.',
    );
  }
  return { ...index, parser: null };
}

function forMysql(
  index: IndexDefinition,
  source: TableDefinition,
  translation: Translation,
): IndexDefinition | null {
  if (index.withoutOverlaps !== null) {
    translation.fault(
      `index ${index.name} is WITHOUT OVERLAPS, which MySQL lacks`,
      'Drop it and keep periods apart in the application, or run the service on MariaDB.',
    );
  }
  const columns = index.parts.map((part) => source.columns.find((column) => column.name === part.column));
  const wholeLong = index.parts.some(
    (part, at) => part.length === null && /(text|blob)$/.test(columns[at]?.type ?? ''),
  );
  if (index.kind === 'unique' && (index.hash || wholeLong)) {
    translation.fault(
      `unique index ${index.name} is over whole values longer than ${treeBytes} bytes, which MySQL cannot index`,
      `Make it unique over a generated column: ADD COLUMN h BINARY(32) AS (UNHEX(SHA2(${quoteName(index.parts[0]?.column ?? '')}, 256))) STORED, ADD UNIQUE (h); or over a shorter column.`,
    );
  }
  return index;
}
