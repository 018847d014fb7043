import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface Flags extends ChangeFlags {
  readonly path: string;
  readonly kind?: string;
  readonly route?: string;
  readonly remove?: boolean;
}

export const ignoreCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'ignore',
    'Says that a difference between both sides is meant to be, or does not matter, and why.',
  )
    .requiredOption('--path <path>', 'as `banyan diff` shows it; * stands for anything')
    .option('--kind <kind>', 'only this kind of difference')
    .option('--route <route>', 'only on this route; default: on all')
    .option('--remove', 'it counts again');
  withChangeOptions(command, 'banyan ignore product --path body.at --why "time of the answer"');
  return command.action(async (feature: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const { path, kind, route, remove, why } = flags;
    const result = await runAction(context, feature, 'ignore', { path, kind, route, remove, why });
    context.output.result(
      result,
      (paint) => `${paint.good('✓')} ${path} ${remove ? 'counts again' : 'is ignored'} in ${feature}.`,
    );
  });
};
