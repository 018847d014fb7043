import type { EngineKind } from '../sql/session.ts';
import { parseColumn } from './parse-column.ts';
import { parseCheck, parseForeignKey, parseIndex, parsePeriod } from './parse-index.ts';
import { joinTokens, type SqlToken, splitAtCommas, sqlTokens, unquoteName } from './sql-tokens.ts';
import type { TableDefinition, TableOption } from './table-definition.ts';
import { TokenReader } from './token-reader.ts';

/**
 * Reads what SHOW CREATE TABLE printed. Character sets are as printed: a column that names none has the table's.
 * Throws an Error that quotes what it does not know, so that nothing is left out in silence.
 */
export function parseTable(sql: string, engine: EngineKind, database: string): TableDefinition {
  const reader = new TokenReader(sqlTokens(sql));
  reader.take('CREATE', 'TABLE');
  const table = unquoteName(reader.next());
  const body = splitAtCommas(reader.brackets() ?? []);
  const { options, versioned, partitioning } = readOptions(reader);
  const option = (name: string) => options.find((one) => one.name === name)?.value ?? '';
  const columns = body.filter((part) => part[0]?.kind === 'name').map(parseColumn);
  const others = body.filter((part) => part[0]?.kind !== 'name');
  const indexes = others.flatMap((part) => parseIndex(part) ?? []);
  const foreignKeys = others.flatMap((part) => parseForeignKey(part) ?? []);
  const checks = others.flatMap((part) => parseCheck(part) ?? []);
  const periods = others.flatMap((part) => parsePeriod(part) ?? []);
  const known = indexes.length + foreignKeys.length + checks.length + periods.length;
  if (known !== others.length)
    throw new Error(
      others
        .map((part) => joinTokens(part))
        .join('; ')
        .slice(0, 200),
    );
  return {
    engine,
    database,
    table,
    columns,
    indexes,
    foreignKeys,
    checks,
    periods,
    versioned,
    storageEngine: option('ENGINE'),
    charset: option('CHARSET'),
    collation: option('COLLATE'),
    comment: option('COMMENT'),
    options: options.filter((one) => !/^(ENGINE|CHARSET|COLLATE|COMMENT|AUTO_INCREMENT)$/.test(one.name)),
    partitioning,
  };
}

function readOptions(reader: TokenReader): {
  options: TableOption[];
  versioned: boolean;
  partitioning: readonly SqlToken[];
} {
  const options: TableOption[] = [];
  let versioned = false;
  while (!reader.done) {
    if (reader.peek()?.text.toUpperCase() === 'PARTITION') break;
    if (reader.take('WITH', 'SYSTEM', 'VERSIONING')) versioned = true;
    else if (!reader.take('DEFAULT')) options.push(readOption(reader));
  }
  return { options, versioned, partitioning: reader.rest() };
}

function readOption(reader: TokenReader): TableOption {
  let name = unquoteName(reader.next()).toUpperCase();
  if (/^(DATA|INDEX)$/.test(name) && reader.take('DIRECTORY')) name += ' DIRECTORY';
  if (name === 'CHARACTER' && reader.take('SET')) name = 'CHARSET';
  reader.take('=');
  const inside = reader.brackets();
  if (inside !== null) return { name, value: `(${joinTokens(inside)})` };
  // TABLESPACE `x` STORAGE DISK and the like: one word each.
  return { name, value: reader.next().text };
}
