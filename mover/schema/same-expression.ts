import { joinTokens } from './sql-tokens.ts';
import type { Expression } from './table-definition.ts';

/**
 * An expression without what servers add or spell in their own ways: brackets, introducers, upper case, quotes around
 * numbers. Two that give the same text say the same, but for brackets that change what belongs together.
 */
export function plainExpression(expression: Expression): string {
  const tokens = expression.filter(
    (token) => !/^[()]$/.test(token.text) && !(token.kind === 'word' && /^_[a-z0-9]+$/i.test(token.text)),
  );
  const plain = tokens.map((token) => {
    if (token.text === '!=') return { ...token, text: '<>' };
    if (token.kind === 'string' && /^'-?\d+(\.\d+)?'$/.test(token.text))
      return { ...token, text: token.text.slice(1, -1) };
    if (/^x'/i.test(token.text)) return { ...token, text: `0x${token.text.slice(2, -1).toLowerCase()}` };
    if (token.text.startsWith('0x')) return { ...token, text: token.text.toLowerCase() };
    if (token.kind === 'string') return { ...token, text: token.text.replaceAll("\\'", "''") };
    return token.kind === 'word' ? { ...token, text: token.text.toLowerCase() } : token;
  });
  const text = joinTokens(plain).replaceAll(/\bnow\b/g, 'current_timestamp');
  return text.replace(/^([-+]) (?=[\d.])/, '$1');
}
