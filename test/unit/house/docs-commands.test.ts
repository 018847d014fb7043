import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import type { CliIo } from '../../../scripts/cli/cli-io.ts';
import { buildProgram } from '../../../scripts/cli/program.ts';

const root = join(import.meta.dirname, '../../..');
const sink = { write: () => true, isTTY: false } as unknown as NodeJS.WriteStream;
const io = { stdout: sink, stderr: sink, env: {}, directory: root } as unknown as CliIo;

/** `banyan` and what follows, of each line that a reader would paste: words as a shell has them, up to a pipe, `&&`, `&` or a comment. */
function commandsIn(line: string): string[][] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain!,
  );
  const commands: string[][] = [[]];
  for (const word of words) {
    if (/^(?:\||&&|&|#.*|>.*)$/.test(word)) commands.push([]);
    else commands.at(-1)!.push(word.replace(/;$/, ''));
  }
  return commands
    .map((command) => (command[0] === 'npx' || command[0] === '$' ? command.slice(1) : command))
    .flatMap(([first, ...rest]) => (first === 'banyan' && rest.length > 0 ? [rest] : []));
}

const lines = globSync(['README.md', 'docs/*.md'], { cwd: root }).flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].flatMap(([, language, block]) =>
    language === '' || language === 'sh' ? block!.split('\n') : [],
  );
  // Of a sentence only what is whole: no placeholders in capitals, nothing left out.
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const inline = [...prose.matchAll(/(?<!`)`([^`\n]+)`/g)].map(([, command]) => command!);
  const whole = inline.filter((command) => !/[A-Z]{2,}|[[\]…|]|--[\w-]+$|^banyan idl$/.test(command));
  return [...blocks, ...whole].flatMap((line) => commandsIn(line).map((words) => [file, words] as const));
});

test('every command that the documentation shows is one, with options and arguments that it takes', () => {
  expect(lines.length).toBeGreaterThan(60);
  const faults = lines.flatMap(([file, words]) => {
    const fault = faultOf(buildProgram(io, { exitCode: 0 }), words);
    return fault === null ? [] : [`${file}: banyan ${words.join(' ')}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

function faultOf(command: Command, words: readonly string[]): string | null {
  const [name, ...rest] = words;
  const sub = command.commands.find((one) => one.name() === name);
  if (sub !== undefined) return faultOf(sub, rest);
  if (command.commands.length > 0) return name?.startsWith('-') ? null : `there is no command ${name}`;
  try {
    const { operands, unknown } = command.parseOptions([...words]);
    if (unknown.some((word) => !['--help', '-h'].includes(word))) return `it takes no ${unknown.join(' ')}`;
    const takes = command.registeredArguments;
    const most = takes.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : takes.length;
    return operands.length > most ? `it takes ${takes.length} arguments` : null;
  } catch (error) {
    return (error as Error).message;
  }
}
