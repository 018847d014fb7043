import type { Argument, Command, Option } from 'commander';
import type { CliIo } from '../cli/cli-io.ts';
import { examplesOf, longHelp } from '../cli/long-help.ts';
import { buildProgram } from '../cli/program.ts';

const marker = '<!-- from here on: npm run docs:cli -->\n';
/** What all commands share is told once, in front of them. */
const shared = new Set(['--help', '--json', '--config', '--no-progress', '--why']);

/** docs/cli.md as it should be: what stands in front of the marker is written by hand, all else comes from the commands. Pure but for their long help. */
export function cliPage(current: string): string {
  const sink = { write: () => true } as unknown as CliIo['stdout'];
  const io = { stdout: sink, stderr: sink, env: {}, directory: '/', signal: AbortSignal.abort() };
  const program = buildProgram(io, { exitCode: 0 });
  const groups = Map.groupBy(program.commands, (command) => command.helpGroup());
  const [head] = current.split(marker);
  const overview = [...groups].map(
    ([group, commands]) =>
      `| **${titleOf(group)}** | ${commands.map((one) => `[\`${one.name()}\`](#banyan-${one.name()})`).join(' ')} |`,
  );
  const parts = [...groups].flatMap(([group, commands]) => [
    `## ${titleOf(group)}`,
    ...commands.flatMap((command) => sectionOf(command, 'banyan', '###')),
  ]);
  return `${head}${marker}\n| | |\n|---|---|\n${overview.join('\n')}\n\n${parts.join('\n\n')}\n`;
}

function titleOf(group: string): string {
  return group.replace(/:$/, '');
}

function sectionOf(command: Command, parent: string, level: string): string[] {
  const path = `${parent} ${command.name()}`;
  const own = command.options.filter(({ long, hidden }) => !hidden && !shared.has(long ?? ''));
  const rows = [...command.registeredArguments.map(argumentRow), ...own.map(optionRow)];
  const changes = command.options.some(({ long }) => long === '--why');
  return [
    `${level} ${path}`,
    `\`${path} ${command.usage()}\`${changes ? ' (changes something: `--why`)' : ''}`,
    command.description(),
    ...(rows.length === 0 ? [] : [`| | |\n|---|---|\n${rows.join('\n')}`]),
    ...(examplesOf(command).length === 0 ? [] : [`\`\`\`sh\n${examplesOf(command).join('\n')}\n\`\`\``]),
    ...(level === '###' && longHelp(command.name()) !== '' ? [longHelp(command.name())] : []),
    ...command.commands.flatMap((sub) => sectionOf(sub, path, `${level}#`)),
  ];
}

function argumentRow(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return row(
    argument.required ? `<${name}>` : `[${name}]`,
    argument.description,
    allowed(argument.argChoices),
  );
}

function optionRow(option: Option): string {
  const { flags, description, defaultValue, defaultValueDescription, argChoices } = option;
  const told = defaultValueDescription ?? (typeof defaultValue === 'object' ? undefined : defaultValue);
  const fallback = told === undefined || told === false ? '' : `default: ${told}`;
  return row(flags, description, [allowed(argChoices), fallback].filter((text) => text !== '').join('; '));
}

function allowed(choices: readonly string[] | undefined): string {
  return choices === undefined ? '' : `one of ${choices.join(', ')}`;
}

function row(name: string, description: string, besides: string): string {
  const text = besides === '' ? description : `${description} (${besides})`;
  return `| \`${name.replaceAll('|', '\\|')}\` | ${text.replaceAll('|', '\\|')} |`;
}
