import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

export const abortCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'abort',
    'Takes back a cutover or rollback that is under way, as long as it is not decided: the old owner keeps the rows and takes writes again. Exit status 1 if it was too late.',
  );
  withChangeOptions(command, 'banyan abort product --why "the wrong feature"');
  return command.action(async (feature: string, flags: ChangeFlags) => {
    const context = new CommandContext(io, flags);
    const result = await runAction(context, feature, 'abort', { why: flags.why });
    const isBack = result.outcome === 'taken back';
    context.output.result(result, (paint) =>
      isBack
        ? `${paint.good('✓')} The handover of ${feature} is taken back; the feature is in stage ${result.stage}.`
        : `${paint.bad('✗')} Too late: the handover of ${feature} is decided, and the feature is in stage ${result.stage}.`,
    );
    if (!isBack) outcome.exitCode = exitCodes.failed;
  });
};
