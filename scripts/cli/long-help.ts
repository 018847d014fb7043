import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { wrapCommand } from '../terminal/wrap-command.ts';
import { wrapLines, wrapWords } from '../terminal/wrap-lines.ts';
import { wrapStatements } from '../terminal/wrap-statements.ts';

const examples = new WeakMap<Command, readonly string[]>();

/** What a command's help shows of how it is used. */
export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}

/** The one way in which help shows how a command is used. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  examples.set(command, lines);
  const heading = lines.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', ({ error }) => {
    const { getErrHelpWidth, getOutHelpWidth } = command.configureOutput();
    const columns = (error ? getErrHelpWidth : getOutHelpWidth)?.() ?? 80;
    return `\n${heading}\n${lines.flatMap((line) => wrapCommand(`  ${line}`, columns)).join('\n')}\n`;
  });
}

/** All else that there is to say of a command, in Markdown; its links are those of docs/cli.md. Empty where nothing is. */
export function longHelp(name: string): string {
  const file = join(import.meta.dirname, 'help', `${name}.md`);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** The same as a terminal of so many columns has it. */
export function longHelpText(name: string, columns: number): string {
  let inCode = false;
  const lines: string[] = [];
  let open = false;
  for (const line of longHelp(name).split('\n')) {
    const fence = line.startsWith('```');
    if (fence) inCode = !inCode;
    if (fence || line.trim() === '') {
      open = false;
      if (!fence) lines.push('');
    } else if (inCode) lines.push(`  ${line}`);
    else if (open && !/^(?:- |\||#)/.test(line)) lines[lines.length - 1] += ` ${line.trim()}`;
    else lines.push(line);
    if (!fence && line.trim() !== '' && !inCode) open = true;
  }
  const plain = lines
    .join('\n')
    .replace(/\[([^\]]+)\]\((?!#)([^)]+)\)/g, '$1 (docs/$2)')
    .replace(/\[([^\]]+)\]\(#[^)]+\)/g, '$1');
  return plain
    .split('\n')
    .flatMap((line) =>
      line.startsWith('  ')
        ? wrapCode(line, columns)
        : wrapWords(line, columns, line.startsWith('- ') ? '  ' : ''),
    )
    .join('\n');
}

/** One line of a block of code: a command, a statement, or what a command prints. */
function wrapCode(line: string, columns: number): string[] {
  if (/^ *(?:\$|banyan) /.test(line)) return wrapCommand(line, columns);
  return (/;(?: -- .*)?$/.test(line) ? wrapStatements : wrapLines)(line, columns).split('\n');
}
