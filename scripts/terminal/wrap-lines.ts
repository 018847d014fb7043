import { stripColours, textWidth } from './text-width.ts';

/**
 * Breaks lines that a terminal of so many columns would break in the middle of a word: between words, and further lines are
 * indented. Colours go over the break. Without a width all stays as it is, for pipes and files.
 */
export function wrapLines(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < 20) return text;
  return text
    .split('\n')
    .flatMap((line) => (textWidth(line) <= columns ? [line] : wrapLine(line, columns)))
    .join('\n');
}

function wrapLine(line: string, columns: number): string[] {
  const near = Math.min(8, /^ */.exec(line)![0].length + 4);
  const lines = wrapWords(line, columns, ' '.repeat(hanging(stripColours(line), columns) ?? near));
  // A path, or another word that fits no narrower column.
  return lines.some((one) => textWidth(one) > columns) ? wrapWords(line, columns, ' '.repeat(near)) : lines;
}

/** Where further lines begin: under the text that stands beside a name in a column of its own, where that leaves half of the width. */
function hanging(line: string, columns: number): number | null {
  const beside = /^ *\S+(?: \S+)* {2,}/.exec(line);
  const column = beside === null ? Number.POSITIVE_INFINITY : textWidth(beside[0]);
  return column <= columns / 2 ? column : null;
}

/** What is read as one: a command between backticks, a number and its unit. */
const words = /^ +|(?:`[^`\n]{1,40}`|(?<=\d) (?=(?:%|ms|s|B|KiB|MiB|GiB|TiB|UTC)(?![\p{L}\p{N}]))|\S)+ */gu;

/** One line as several, all but the first indented. */
export function wrapWords(line: string, columns: number, indent: string): string[] {
  const lines: string[] = [];
  let current = '';
  // Gaps of several spaces are columns of a table: they stay where they fit.
  for (const [piece] of line.matchAll(words)) {
    if (current.trim() !== '' && textWidth(current + piece.trimEnd()) > columns) {
      lines.push(current.trimEnd());
      current = indent;
    }
    current += piece;
  }
  return [...lines, current.trimEnd()];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what this looks for
const painted = /^((?:\u001b\[[0-9;]*m)+)([^\u001b]*)((?:\u001b\[[0-9;]*m)+)$/;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A cell's text as lines of at most so many columns: between words, and within those that are longer. */
export function wrapCell(text: string, columns: number): string[] {
  if (textWidth(text) <= columns) return [text];
  const [, begin = '', inner = text, end = ''] = painted.exec(text) ?? [];
  const words = wrapWords(inner, columns, '').flatMap((line) => cut(line, columns));
  return words.map((line) => `${begin}${line}${end}`);
}

function cut(line: string, columns: number): string[] {
  if (textWidth(line) <= columns) return [line];
  const lines = [''];
  for (const { segment } of graphemes.segment(line)) {
    if (textWidth(lines.at(-1) + segment) > columns) lines.push('');
    lines[lines.length - 1] += segment;
  }
  return lines;
}
