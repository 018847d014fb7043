import { Command } from 'commander';
import { formatCount, formatSeconds } from '../../terminal/numbers.ts';
import {
  type ChangeFlags,
  CommandContext,
  withCommonOptions,
  withExamples,
  withWhyOption,
} from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface CopyFlags extends ChangeFlags {
  readonly skipDataCheck?: boolean;
}

export const copyCommand: CommandFactory = (io) => {
  const command = new Command('copy')
    .description(
      "Copies a feature's tables to its service's database and keeps them current from then on. Resumable; reads and writes stay with legacy.",
    )
    .argument('<feature>', 'as the config names it')
    .option(
      '--skip-data-check',
      'do not look through the rows first for values that the service cannot take: they end the copy where they are met',
    );
  withExamples(
    withWhyOption(withCommonOptions(command)),
    'banyan copy product --why "move to the product service"',
  );
  return command.action(async (feature: string, flags: CopyFlags) => {
    const context = new CommandContext(io, flags);
    const beganAt = performance.now();
    const result = await runAction<{ rows?: number; rowsCopied?: number }>(context, feature, 'copy', {
      why: flags.why,
      ...(flags.skipDataCheck && { skipDataCheck: true }),
    });
    context.output.result(result, (paint) => {
      const rows = result.rowsCopied ?? result.rows;
      const took = formatSeconds((performance.now() - beganAt) / 1000);
      return `${paint.good('✓')} ${feature} is copied${rows === undefined ? '' : ` (${formatCount(rows)} rows)`} and kept current. Took ${took}.\n  next: banyan verify ${feature}`;
    });
  });
};
