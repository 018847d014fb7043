import { existsSync, globSync, readFileSync } from 'node:fs';
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
  const words = [
    ...line.replaceAll('npm run banyan -- ', 'banyan ').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g),
  ].map(([, single, double, plain]) => single ?? double ?? plain!);
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

test('every script and program of this repository that the documentation starts is there, and knows the options given', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  let looked = 0;
  const faults = globSync(['README.md', 'docs/*.md'], { cwd: root }).flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(/\bnpm run ([\w:]+)(?: --((?: [^\s`|&#]+)+))?/g),
    ].flatMap(([whole, name, options = '']) => {
      looked += 1;
      if (name === 'banyan') return [];
      if (scripts[name!] === undefined) return [`${file}: ${whole}: there is no such script`];
      const source = globSync(`scripts/${name}/**/*.ts`, { cwd: root }).map((one) =>
        readFileSync(join(root, one), 'utf8'),
      );
      const flags = [...options.matchAll(/ --([a-z-]+)/g)].map(([, flag]) => flag!);
      return flags
        .filter(
          (flag) =>
            flag !== 'help' && !source.some((text) => new RegExp(`\\b'?${flag}'?:|--${flag}\\b`).test(text)),
        )
        .map((flag) => `${file}: ${whole}: it knows no --${flag}`);
    }),
  );
  const programs = globSync(['README.md', 'docs/*.md'], { cwd: root }).flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /\bnode ((?:legacy|extracted|scripts|test)\/[\w./-]+)/g,
      ),
    ].flatMap(([, path]) => {
      looked += 1;
      return existsSync(join(root, path!)) ? [] : [`${file}: there is no ${path}`];
    }),
  );
  expect([...faults, ...programs]).toEqual([]);
  expect(looked).toBeGreaterThan(25);
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
