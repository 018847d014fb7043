import { type SqlToken, sqlTokens } from '../schema/sql-tokens.ts';
import { quoteName, quoteTable } from '../sql/names.ts';
import type { TableTrigger } from '../watch/read-triggers.ts';

/** Sessions of the mover have this set when they write rows; nobody else's have. */
const condition = ['BEGIN', 'IF', '@BANYAN_PASS', 'IS', 'NULL', 'THEN'];

/** A trigger's body that does for everybody what it did, and for rows that the mover carries over nothing. */
export function guarded(statement: string): string {
  return `BEGIN IF @banyan_pass IS NULL THEN ${statement.trim().replace(/;\s*$/, '')}; END IF; END`;
}

/** Whether the mover's writes do not fire the body: all of it stands within `guarded`'s condition. */
export function isGuarded(statement: string): boolean {
  const tokens = sqlTokens(statement).filter(({ text }) => text.trim() !== '');
  const words = tokens.map((token) => (token.kind === 'word' ? token.text.toUpperCase() : token.text));
  if (!condition.every((word, index) => words[index] === word)) return false;
  const end = words.at(-1) === ';' ? words.length - 1 : words.length;
  const tail = words.slice(end - 4, end).join(' ') === 'END IF ; END';
  return tail && closesAt(tokens, words, 1) === end - 4;
}

/** Where the IF at `from` is ended; -1 where it has another branch, which would be the mover's. */
function closesAt(tokens: readonly SqlToken[], words: readonly string[], from: number): number {
  const open: string[] = [];
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (tokens[at]?.kind !== 'word') continue;
    if (word === 'END') {
      open.pop();
      if (open.length === 0) return at;
      if (/^(IF|CASE|LOOP|WHILE|REPEAT)$/.test(words[at + 1] ?? '')) at += 1;
    } else if (opens(words, at)) open.push(word);
    else if (/^(ELSE|ELSEIF)$/.test(word) && open.length === 1) return -1;
  }
  return -1;
}

/** IF, LOOP and REPEAT are functions and labels' ends too: a statement begins after these words only. */
function opens(words: readonly string[], at: number): boolean {
  const word = words[at] ?? '';
  if (word === 'CASE' || word === 'BEGIN') return true;
  if (!/^(IF|LOOP|WHILE|REPEAT)$/.test(word)) return false;
  return /^(;|:|BEGIN|THEN|ELSE|DO|LOOP|REPEAT)$/.test(words[at - 1] ?? ';');
}

/** What makes a trigger of the application's one that the mover does not fire, for a migration of theirs. */
export function guardStatements(database: string, trigger: TableTrigger): string {
  return `DROP TRIGGER ${quoteTable(database, trigger.name)}; ${createTrigger(database, trigger, guarded(trigger.statement))}`;
}

export function createTrigger(database: string, trigger: TableTrigger, body: string): string {
  const { name, timing, event, table } = trigger;
  return `CREATE TRIGGER ${quoteTable(database, name)} ${timing} ${event} ON ${quoteName(table)} FOR EACH ROW ${body}`;
}
