import { execFile } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { forcible } from '../../../control/conductor/forcible.ts';
import { bashScript } from '../../../scripts/cli/completion/bash-script.ts';
import { completedCommands } from '../../../scripts/cli/completion/completed.ts';
import { buildProgram } from '../../../scripts/cli/program.ts';

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
