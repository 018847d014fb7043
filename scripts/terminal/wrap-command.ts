import { textWidth } from './text-width.ts';

/** A command for a terminal of so many columns: broken between words as a shell takes it, so that what is copied from the screen runs. */
export function wrapCommand(line: string, columns: number): string[] {
  if (textWidth(line) <= columns) return [line];
  const indent = `${/^ */.exec(line)![0]}    `;
  const lines: string[] = [];
  let current = '';
  for (const [word] of line.matchAll(/^ +|(?:'[^']*'|"[^"]*"|[^\s'"])+ */g)) {
    if (current.trim() !== '' && textWidth(`${current}${word.trimEnd()} \\`) > columns) {
      lines.push(`${current.trimEnd()} \\`);
      current = indent;
    }
    current += word;
  }
  return [...lines, current.trimEnd()];
}
