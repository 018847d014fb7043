import type { DiffReport } from '../../../control/api/index.ts';
import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { renderDiff } from '../render-diff.ts';
import { runAction } from './run-action.ts';

interface Flags extends ChangeFlags {
  readonly route?: string;
  readonly all?: boolean;
  readonly signOff?: boolean;
}

export const diffCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'diff',
    'Shows how the answers of the service differ from those of legacy, by route and place, and how sure that is. Exit status 1 if they do.',
  )
    .option('--route <route>', 'only this route')
    .option('--all', 'noise and what is ignored, too')
    .option('--sign-off', 'record that you have looked, and take it as it is');
  withChangeOptions(
    command,
    'banyan diff product',
    'banyan diff product --sign-off --why "dates are meant to be ISO"',
  );
  return command.action(async (feature: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    if (flags.signOff) {
      const signedOff = await runAction(context, feature, 'sign-off', { why: flags.why });
      context.output.result(
        signedOff,
        (paint) => `${paint.good('✓')} ${feature}: signed off after ${signedOff.compared} compared requests.`,
      );
      return;
    }
    const report: DiffReport = await context.withAdmin(feature, (admin) =>
      admin.diff(feature, flags.route, io.signal),
    );
    if (report.different > 0) outcome.exitCode = exitCodes.failed;
    context.output.result(report, (paint) => renderDiff(report, flags.all ?? false, paint));
  });
};
