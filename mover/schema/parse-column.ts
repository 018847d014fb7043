import { joinTokens, type SqlToken, unquoteName } from './sql-tokens.ts';
import type { ColumnDefault, ColumnDefinition } from './table-definition.ts';
import { TokenReader } from './token-reader.ts';

type Draft = { -readonly [Part in keyof ColumnDefinition]: ColumnDefinition[Part] };

/** Reads one column of a SHOW CREATE TABLE. Throws an Error that quotes what it does not know. */
export function parseColumn(tokens: readonly SqlToken[]): ColumnDefinition {
  const reader = new TokenReader(tokens);
  const name = unquoteName(reader.next());
  const type = reader.next().text.toLowerCase();
  const inside = reader.brackets();
  const column: Draft = {
    name,
    type,
    typeArguments: inside === null ? '' : `(${inside.map((token) => token.text).join('')})`,
    unsigned: reader.take('UNSIGNED'),
    zerofill: reader.take('ZEROFILL'),
    charset: null,
    collation: null,
    nullable: true,
    default: null,
    onUpdate: null,
    autoIncrement: false,
    generated: null,
    rowBound: false,
    invisible: false,
    check: null,
    srid: null,
    comment: '',
    storage: [],
  };
  while (!reader.done) readAttribute(reader, column);
  return column;
}

function readAttribute(reader: TokenReader, column: Draft): void {
  const store = (text: string) => {
    column.storage = [...column.storage, text];
  };
  if (reader.take('CHARACTER', 'SET') || reader.take('CHARSET')) column.charset = reader.next().text;
  else if (reader.take('COLLATE')) column.collation = reader.next().text;
  else if (reader.take('NOT', 'NULL')) column.nullable = false;
  else if (reader.take('NULL')) column.nullable = true;
  else if (reader.take('DEFAULT')) column.default = readDefault(reader);
  else if (reader.take('ON', 'UPDATE')) column.onUpdate = readCall(reader);
  else if (reader.take('AUTO_INCREMENT')) column.autoIncrement = true;
  else if (reader.take('COMMENT')) column.comment = reader.next().text;
  else if (reader.take('GENERATED', 'ALWAYS', 'AS', 'ROW')) {
    reader.next();
    column.rowBound = true;
  } else if (reader.take('GENERATED', 'ALWAYS', 'AS') || reader.take('AS')) {
    const expression = reader.brackets() ?? [];
    const stored = reader.take('STORED') || reader.take('PERSISTENT');
    if (!stored) reader.take('VIRTUAL');
    column.generated = { expression: withoutBrackets(expression), stored };
  } else if (reader.take('INVISIBLE')) column.invisible = true;
  else if (reader.take('VISIBLE')) column.invisible = false;
  else if (reader.take('CHECK')) column.check = withoutBrackets(reader.brackets() ?? []);
  else if (reader.take('SRID')) column.srid = Number(reader.next().text);
  else if (reader.take('COMPRESSED')) {
    const algorithm = reader.take('=') ? ` = ${reader.next().text}` : '';
    store(`COMPRESSED${algorithm}`);
  } else if (reader.take('WITHOUT', 'SYSTEM', 'VERSIONING')) store('WITHOUT SYSTEM VERSIONING');
  else if (/^(STORAGE|COLUMN_FORMAT)$/i.test(reader.peek()?.text ?? ''))
    store(joinTokens([reader.next(), reader.next()]));
  else if (reader.peek()?.kind === 'name' || /ENGINE_ATTRIBUTE$/i.test(reader.peek()?.text ?? '')) {
    const option = reader.next();
    reader.take('=');
    store(`${option.text}=${reader.next().text}`);
  } else throw new Error(`column ${column.name}: ${joinTokens(reader.rest()).slice(0, 80)}`);
}

function readDefault(reader: TokenReader): ColumnDefault | null {
  const inside = reader.brackets();
  if (inside !== null) return { kind: 'expression', value: withoutBrackets(inside) };
  if (reader.take('NULL')) return null;
  const first = reader.peek();
  if (first?.kind === 'string' || first?.kind === 'number')
    return { kind: 'literal', value: [reader.next()] };
  if (first?.text === '-' || first?.text === '+')
    return { kind: 'literal', value: [reader.next(), reader.next()] };
  return { kind: 'expression', value: readCall(reader) };
}

/** `current_timestamp(3)`, `CURRENT_TIMESTAMP`, ``nextval(`a`.`b`)``. */
function readCall(reader: TokenReader): SqlToken[] {
  const name = reader.next();
  const inside = reader.brackets();
  const bracket = (text: string): SqlToken => ({ kind: 'mark', text });
  return inside === null ? [name] : [name, bracket('('), ...inside, bracket(')')];
}

/** MySQL prints `((a > 0))` where MariaDB prints `(a > 0)`. */
export function withoutBrackets(tokens: readonly SqlToken[]): readonly SqlToken[] {
  const reader = new TokenReader(tokens);
  const inside = reader.brackets();
  return inside !== null && reader.done ? withoutBrackets(inside) : tokens;
}
