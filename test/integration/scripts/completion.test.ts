import { execFile } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { forcible } from '../../../control/conductor/forcible.ts';
import { bashScript } from '../../../scripts/cli/completion/bash-script.ts';
import { completedCommands } from '../../../scripts/cli/completion/completed.ts';
import { buildProgram } from '../../../scripts/cli/program.ts';
import { findOnPath } from '../../../scripts/servers/find-on-path.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What bash offers at the end of each command line, from a script and a program of that name. */
async function offered(script: string, lines: readonly string[]): Promise<string[][]> {
  const asked = lines.map((line) => {
    const words = `${line}`.split(' ').map((word) => `'${word}'`);
    return `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _banyan 2> /dev/null; echo "\${COMPREPLY[*]}"`;
  });
  const banyan = `banyan() { '${process.execPath}' '${root}scripts/banyan.mjs' "$@"; }`;
  const { stdout } = await promisify(execFile)('bash', ['-c', [banyan, script, ...asked].join('\n')], {
    cwd: root,
  });
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split(' '));
}

test('bash completes what is declared: commands, their options, choices, and the features of the config', async () => {
  const io = {
    ...{ stdout: new PassThrough(), stderr: new PassThrough(), env: {}, directory: root },
    signal: new AbortController().signal,
  };
  const program = buildProgram(io, { exitCode: 0 });
  const commands = completedCommands(program);
  const script = bashScript(commands);

  const every = await offered(
    script,
    commands.map(({ path }) => ['banyan', ...path, '-'].join(' ')),
  );
  for (const [index, { path, options }] of commands.entries()) {
    expect(every[index], path.join(' ')).toEqual(options.flatMap(({ names }) => names));
  }
  expect(commands.length).toBeGreaterThan(program.commands.length);

  const [first, below, part, guards, feature, second, after, text, noFile] = await offered(script, [
    'banyan ',
    'banyan idl ',
    'banyan cut',
    'banyan cutover product --force ',
    'banyan cutover --dry-run --why reason pro',
    'banyan cutover product pro',
    'banyan status --config no-such-file.ts ',
    'banyan copy product --why ',
    'banyan copy product ',
  ]);
  expect(first).toEqual(program.commands.map((command) => command.name()));
  expect(below).toEqual(['routes', 'openapi', 'types']);
  expect(part).toEqual(['cutover']);
  expect(guards).toEqual([...forcible]);
  // The argument may come again; a config that cannot be read has no features to offer.
  expect([feature, second, after]).toEqual([['product'], ['product'], ['']]);
  expect([text, noFile]).toEqual([[''], ['']]);
});

/** Those of other shells are tried where the machine has these shells. */
async function inShell(shell: string, args: readonly string[], script: string): Promise<string | null> {
  if ((await findOnPath(shell, process.env)) === null) return null;
  const banyan = `function banyan; '${process.execPath}' '${root}scripts/banyan.mjs' $argv; end`;
  const text = shell === 'fish' ? `${banyan}\n${script}` : script;
  const { stdout } = await promisify(execFile)(shell, [...args, '-c', text], { cwd: root });
  return stdout;
}

test('fish offers commands, features and guards; zsh takes the script', async ({ skip }) => {
  const ask = (line: string) => `complete -C '${line}'`;
  const lines = ['banyan cuto', 'banyan cutover pro', 'banyan cutover product --force '].map(ask);
  const script = `banyan completion fish | source\n${lines.join('\n')}`;
  const zsh = `source <('${process.execPath}' '${root}scripts/banyan.mjs' completion zsh); print -l $_comps[banyan]`;
  const [fish, compdef] = await Promise.all([
    inShell('fish', ['--no-config'], script),
    inShell('zsh', ['-f'], zsh),
  ]);
  if (fish === null && compdef === null) skip('neither fish nor zsh is installed');
  if (fish !== null) {
    const words = fish
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0]);
    expect(words).toEqual(['cutover', 'product', ...[...forcible].toSorted()]);
  }
  if (compdef !== null) expect(compdef).toContain('_banyan');
});
