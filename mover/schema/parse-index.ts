import { withoutBrackets } from './parse-column.ts';
import { joinTokens, type SqlToken, splitAtCommas, unquoteName } from './sql-tokens.ts';
import type {
  CheckDefinition,
  ForeignKeyDefinition,
  IndexDefinition,
  IndexPart,
  PeriodDefinition,
} from './table-definition.ts';
import { TokenReader } from './token-reader.ts';

/** Reads a key of a SHOW CREATE TABLE; null for something else. */
export function parseIndex(tokens: readonly SqlToken[]): IndexDefinition | null {
  const reader = new TokenReader(tokens);
  const kind = indexKind(reader);
  if (kind === null) return null;
  const name = kind === 'primary' ? 'PRIMARY' : unquoteName(reader.next());
  const parts = splitAtCommas(reader.brackets() ?? []);
  const options = joinTokens(reader.rest());
  return {
    kind,
    name,
    parts: parts.filter((part) => !isWithoutOverlaps(part)).map(parsePart),
    withoutOverlaps: unquoted(parts.find(isWithoutOverlaps)?.[0]),
    invisible: /\b(INVISIBLE|IGNORED)\b/.test(options),
    parser: /WITH PARSER `?(\w+)/.exec(options)?.[1] ?? null,
    hash: /USING HASH/.test(options),
    comment: /COMMENT ('(?:[^'\\]|''|\\[\s\S])*')/.exec(options)?.[1] ?? '',
  };
}

function indexKind(reader: TokenReader): IndexDefinition['kind'] | null {
  if (reader.take('PRIMARY', 'KEY')) return 'primary';
  if (reader.take('UNIQUE', 'KEY')) return 'unique';
  if (reader.take('FULLTEXT', 'KEY')) return 'fulltext';
  if (reader.take('SPATIAL', 'KEY')) return 'spatial';
  return reader.take('KEY') ? 'plain' : null;
}

function unquoted(token: SqlToken | undefined): string | null {
  return token === undefined ? null : unquoteName(token);
}

function isWithoutOverlaps(part: readonly SqlToken[]): boolean {
  return part.at(-1)?.text.toUpperCase() === 'OVERLAPS';
}

function parsePart(tokens: readonly SqlToken[]): IndexPart {
  const reader = new TokenReader(tokens);
  const expression = reader.brackets();
  const column = expression === null ? unquoteName(reader.next()) : null;
  const length = column === null ? null : reader.brackets();
  return {
    column,
    expression: expression === null ? null : withoutBrackets(expression),
    length: length === null ? null : Number(length[0]?.text),
    descending: reader.take('DESC'),
  };
}

/** Reads `CONSTRAINT … FOREIGN KEY …`; null for something else. */
export function parseForeignKey(tokens: readonly SqlToken[]): ForeignKeyDefinition | null {
  const reader = new TokenReader(tokens);
  if (!reader.take('CONSTRAINT')) return null;
  const name = unquoteName(reader.next());
  if (!reader.take('FOREIGN', 'KEY')) return null;
  if (reader.peek()?.kind === 'name') reader.next();
  const columns = names(reader.brackets());
  reader.take('REFERENCES');
  const first = unquoteName(reader.next());
  const second = reader.take('.') ? unquoteName(reader.next()) : null;
  return {
    name,
    columns,
    parentDatabase: second === null ? null : first,
    parent: second ?? first,
    parentColumns: names(reader.brackets()),
    actions: joinTokens(reader.rest()).toUpperCase(),
  };
}

/** Reads `CONSTRAINT … CHECK …`; null for something else. */
export function parseCheck(tokens: readonly SqlToken[]): CheckDefinition | null {
  const reader = new TokenReader(tokens);
  if (!reader.take('CONSTRAINT')) return null;
  const name = unquoteName(reader.next());
  if (!reader.take('CHECK')) return null;
  const expression = withoutBrackets(reader.brackets() ?? []);
  return { name, expression, enforced: !reader.take('NOT', 'ENFORCED') };
}

/** Reads `PERIOD FOR …`; null for something else. */
export function parsePeriod(tokens: readonly SqlToken[]): PeriodDefinition | null {
  const reader = new TokenReader(tokens);
  if (!reader.take('PERIOD', 'FOR')) return null;
  return { name: unquoteName(reader.next()), columns: names(reader.brackets()) };
}

function names(tokens: readonly SqlToken[] | null): string[] {
  return splitAtCommas(tokens ?? []).map((part) => unquoteName(part[0] ?? { kind: 'word', text: '' }));
}
