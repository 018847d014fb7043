import { joinTokens, type SqlToken, sqlTokens } from '../../mover/schema/sql-tokens.ts';

/**
 * A statement with `?` for each value, as servers print digests: for servers that make none. A list of values is one of them. What follows a
 * quote that nothing closes (the server cut the text off) is left out: it is a value, whatever it looks like.
 */
export function withoutValues(sql: string): string {
  const tokens: SqlToken[] = [];
  for (const token of sqlTokens(sql)) {
    if (token.kind === 'rest') {
      tokens.push({ kind: 'mark', text: '…' });
      break;
    }
    const isValue = token.kind === 'string' || token.kind === 'number';
    tokens.push(isValue ? { kind: 'mark', text: '?' } : token);
  }
  return joinTokens(tokens)
    .replaceAll(/- \?/g, '?')
    .replaceAll(/\?(?:\s*,\s*\?)+/g, '?, …')
    .replaceAll(/(\([^()]*\))(?:\s*,\s*\1)+/g, '$1, …');
}
