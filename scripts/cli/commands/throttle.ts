import { counted } from '../../terminal/numbers.ts';
import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface Flags extends ChangeFlags {
  readonly workers?: number;
  readonly share?: number;
  readonly reset?: boolean;
  readonly dryRun?: boolean;
}

export const throttleCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'throttle',
    'Says how fast a copy may go, the one under way and those to come; it follows within a second. The mover slows down by itself where a server has too much to do.',
  )
    .option('--workers <n>', 'chunks under way at a time, 1 to 16', numberOption())
    .option(
      '--share <percent>',
      "of each worker's time; 0 lets the copy stand, while changes are carried over",
      numberOption(),
    )
    .option('--reset', 'as the config says')
    .option('--dry-run', 'say how fast it would go, and change nothing');
  withChangeOptions(
    command,
    'banyan throttle product --workers 1 --share 50 --why "the shop is slow"',
    'banyan throttle product --reset --why "the night has begun"',
  );
  return command.action(async (feature: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const { workers, share, reset, dryRun, why } = flags;
    const result = await runAction(context, feature, 'throttle', {
      workers,
      share,
      reset,
      dryRun,
      why,
    });
    context.output.result(result, (paint) => {
      const { throttle } = result;
      const percent = Math.round(throttle.share * 10_000) / 100;
      const pace =
        throttle.share === 0
          ? 'stands; `banyan throttle` with another share lets it go on'
          : `goes with ${counted(throttle.workers, 'worker')} at ${percent} % of ${throttle.workers === 1 ? 'its' : 'their'} time`;
      return result.dryRun
        ? `Nothing was changed. The copy of ${feature} would go like this: it ${pace}.`
        : `${paint.good('✓')} The copy of ${feature} ${pace}.`;
    });
  });
};
