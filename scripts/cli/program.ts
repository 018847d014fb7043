import { type Argument, Command } from 'commander';
import { banyanVersion } from '../../common/banyan-version.ts';
import { paintFor } from '../terminal/paint.ts';
import type { CliIo } from './cli-io.ts';
import { abortCommand } from './commands/abort.ts';
import { apiCommand } from './commands/api.ts';
import { auditCommand } from './commands/audit.ts';
import { canaryCommand } from './commands/canary.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { controlCommand } from './commands/control.ts';
import { copyCommand } from './commands/copy.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { abandonCommand, finishCommand } from './commands/ending.ts';
import { explainCommand } from './commands/explain.ts';
import { feedCommand } from './commands/feed.ts';
import { grantsCommand } from './commands/grants.ts';
import { handoverCommand } from './commands/handover.ts';
import { holdsCommand } from './commands/holds.ts';
import { idlCommand } from './commands/idl.ts';
import { ignoreCommand } from './commands/ignore.ts';
import { initCommand } from './commands/init.ts';
import { leftoversCommand } from './commands/leftovers.ts';
import { logsCommand } from './commands/logs.ts';
import { monolithCommand } from './commands/monolith.ts';
import { moverCommand } from './commands/mover.ts';
import { planCommand } from './commands/plan.ts';
import { reloadCommand } from './commands/reload.ts';
import { repairCommand } from './commands/repair.ts';
import { reportCommand } from './commands/report.ts';
import { routerCommand } from './commands/router.ts';
import { routesCommand } from './commands/routes.ts';
import { rowCommand } from './commands/row.ts';
import { schemaCommand } from './commands/schema.ts';
import { shadowCommand } from './commands/shadow.ts';
import { statusCommand } from './commands/status.ts';
import { steerCommand } from './commands/steer.ts';
import { throttleCommand } from './commands/throttle.ts';
import { trafficCommand } from './commands/traffic.ts';
import { upCommand } from './commands/up.ts';
import { usageCommand } from './commands/usage.ts';
import { verifyCommand } from './commands/verify.ts';
import { longHelpText } from './long-help.ts';
import { tellAllMistakes } from './tell-all-mistakes.ts';

/** What a command may set beside printing: the exit status of work that ended, but not well. */
export interface Outcome {
  exitCode: number;
}

/** A command's module exports one of these. */
export type CommandFactory = (io: CliIo, outcome: Outcome) => Command;

const steering = [
  abortCommand,
  ...[steerCommand('pause'), steerCommand('resume'), steerCommand('freeze'), steerCommand('unfreeze')],
  ...[abandonCommand, finishCommand],
];

const groups: readonly (readonly [string, readonly CommandFactory[]])[] = [
  ['Begin:', [initCommand]],
  [
    'Look:',
    [
      ...[
        checkCommand,
        grantsCommand,
        statusCommand,
        planCommand,
        routesCommand,
        explainCommand,
        auditCommand,
        doctorCommand,
      ],
      rowCommand,
      reportCommand,
      ...[usageCommand('write'), usageCommand('read')],
      ...[trafficCommand, holdsCommand, monolithCommand, leftoversCommand, logsCommand],
    ],
  ],
  ['Compare both sides:', [shadowCommand, diffCommand, ignoreCommand]],
  [
    'Move a feature:',
    [
      schemaCommand,
      copyCommand,
      throttleCommand,
      verifyCommand,
      repairCommand,
      canaryCommand,
      handoverCommand('cutover'),
      handoverCommand('rollback'),
      ...steering,
    ],
  ],
  ['Run:', [upCommand, routerCommand, controlCommand, moverCommand, feedCommand, reloadCommand]],
  ['Look into an IDL:', [idlCommand]],
  ['Write programs:', [apiCommand]],
  ['In a shell:', [completionCommand]],
];

export function buildProgram(io: CliIo, outcome: Outcome): Command {
  const program = new Command('banyan')
    .description(
      'Moves one feature at a time, its routes and its tables, out of a live monolith, and back if need be.',
    )
    .version(banyanVersion)
    .helpCommand(false)
    .addHelpText('after', exitStatusHelp);
  for (const [heading, factories] of groups) {
    for (const factory of factories) {
      const command = factory(io, outcome).helpGroup(heading);
      const columns = helpWidth(io.stdout.columns);
      program.addCommand(command.addHelpText('after', () => `\n${longHelpText(command.name(), columns)}\n`));
    }
  }
  configure(program, io);
  return program;
}

function configure(command: Command, io: CliIo): void {
  const paint = paintFor(io.stdout);
  command
    .exitOverride()
    .showHelpAfterError('(add --help for how to use it)')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => helpWidth(io.stdout.columns),
      getErrHelpWidth: () => helpWidth(io.stderr.columns),
    })
    .configureHelp({
      styleTitle: (text) => paint.strong(text),
      sortSubcommands: false,
      // So short that what a command does has room beside it.
      subcommandTerm: (one) => [one.name(), ...one.registeredArguments.map(argumentTerm)].join(' '),
      subcommandDescription: (one) => /^.*?[.:](?= |$)/.exec(one.description())?.[0].replace(/:$/, '.') ?? '',
    });
  for (const option of command.options) {
    if (Array.isArray(option.defaultValue)) option.defaultValueDescription ??= 'none';
  }
  tellAllMistakes(command);
  for (const sub of command.commands) configure(sub, io);
}

function helpWidth(columns = 80): number {
  return Math.max(40, columns);
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

const exitStatusHelp = `
Exit status:
  0    done
  1    tried and failed, or a check found a fault
  2    a usage mistake, or a fault in the config or an IDL; nothing was tried
  3    the control process, a database or a service cannot be reached
  130  interrupted (work in control goes on: see \`banyan status\`)

Example:
  banyan check && banyan copy product --why "first move"
`;
