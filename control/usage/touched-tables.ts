import { type SqlToken, sqlTokens } from '../../mover/schema/sql-tokens.ts';

export type Access = 'read' | 'write';

export interface Place {
  readonly database: string;
  readonly tables: readonly string[];
}

/** Words after which tables are no longer named, until another word begins to. */
const endOfTables = new Set(
  'select set where on value values group order having limit union window for partition'.split(' '),
);
const readsFrom = new Set(['from', 'join', 'straight_join']);
/** What may stand between such a word and the name. */
const between = new Set(
  'low_priority high_priority delayed quick ignore only table tables if exists lateral'.split(' '),
);
const changing = new Set('insert replace update delete load truncate alter drop rename'.split(' '));
const begins = new Set([...changing, 'select', 'with']);

/**
 * Which of these tables a statement names, and whether it changes them. In doubt it changes them: `UPDATE a JOIN b SET …` is both's
 * writer. What it does by way of views, procedures, triggers and prepared text is not in the statement, and not seen.
 * `schema`: the session's default.
 */
export function touchedTables(sql: string, schema: string | null, place: Place): Map<string, Access> {
  const touched = new Map<string, Access>();
  const tokens = sqlTokens(sql);
  /** null: what comes are no tables. */
  let mode: Access | null = null;
  let expected = false;
  let verb = '';
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as SqlToken;
    const word = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (token.text === '(') depth += 1;
    else if (token.text === ')') depth -= 1;
    if (token.text === ',' && mode !== null) expected = true;
    else if (between.has(word) && expected) continue;
    else if (verb === '' || (verb === 'with' && depth === 0 && begins.has(word))) {
      if (word === '') continue;
      if (!begins.has(word)) return touched;
      verb = word;
      mode = changing.has(word) && word !== 'load' ? 'write' : null;
      expected = mode !== null;
    } else if (word === 'into' && verb !== 'select') [mode, expected] = ['write', true];
    else if (word === 'using' && verb === 'delete' && mode === 'write') expected = true;
    else if (readsFrom.has(word)) {
      mode = mode === 'write' && verb !== 'insert' && verb !== 'replace' ? 'write' : 'read';
      expected = true;
    } else if (endOfTables.has(word) || word === 'using') [mode, expected] = [null, false];
    else if (expected && mode !== null && (token.kind === 'name' || word !== '')) {
      const { database, table, last } = nameAt(tokens, at);
      at = last;
      expected = false;
      const found = place.tables.find((one) => same(one, table));
      if (found !== undefined && same(database ?? schema ?? '', place.database)) {
        if (touched.get(found) !== 'write') touched.set(found, mode);
      }
      if (verb === 'insert' || verb === 'replace' || verb === 'load') mode = mode === 'write' ? null : mode;
    }
  }
  return touched;
}

function nameAt(tokens: readonly SqlToken[], at: number) {
  const text = (index: number) => unquoted(tokens[index]?.text ?? '');
  if (tokens[at + 1]?.text !== '.') return { database: null, table: text(at), last: at };
  return { database: text(at), table: text(at + 2), last: at + 2 };
}

function unquoted(name: string): string {
  return name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name;
}

/** Whether case counts is the server's setting; a name too many is looked at, one too few is not. */
function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
