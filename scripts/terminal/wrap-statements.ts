import { stripColours, textWidth } from './text-width.ts';

/** Names and strings stay whole, whatever is in them. */
const tokens = /(?:`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|[^\s`'"])+|\s+/gs;

/**
 * SQL for a terminal of so many columns: lines are broken between words, never within a name or a string, and comments go on as
 * comments, so that what is copied from the screen runs. Without a width all stays as it is. Colours are left out of lines that break.
 */
export function wrapStatements(sql: string, columns: number | undefined): string {
  if (columns === undefined || columns < 20) return sql;
  return sql
    .split('\n')
    .flatMap((line) => (textWidth(line) <= columns ? [line] : wrapStatement(stripColours(line), columns)))
    .join('\n');
}

function wrapStatement(line: string, columns: number): string[] {
  const [indent] = /^ */.exec(line)!;
  const at = commentAt(line);
  const code = broken(line.slice(0, at).trimEnd().match(tokens) ?? [], `${indent}  `, columns);
  const comment = line.slice(at).trim();
  const last = code.at(-1);
  if (last !== undefined && textWidth(`${last} ${comment}`) <= columns)
    return [...code.slice(0, -1), `${last} ${comment}`.trimEnd()];
  // An apostrophe in a comment begins no string.
  return [...code, ...broken(comment.match(/\S+|\s+/g) ?? [], `${indent}-- `, columns)];
}

function broken(words: readonly string[], further: string, columns: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of words) {
    if (current.trim() !== '' && textWidth(current + word.trimEnd()) > columns) {
      lines.push(current.trimEnd());
      current = further;
    }
    if (current !== further || word.trim() !== '') current += word;
  }
  return current.trim() === '' ? lines : [...lines, current.trimEnd()];
}

/** Where the comment of a line begins; its length where there is none. */
function commentAt(line: string): number {
  const code = line.replaceAll(tokens, (token) => (/^[`'"]/.test(token) ? '_'.repeat(token.length) : token));
  const at = code.search(/(?:^|\s)-- /);
  return at === -1 ? line.length : at;
}
