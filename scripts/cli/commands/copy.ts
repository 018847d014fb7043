import { mostWorkers } from '../../../mover/throttle/pace.ts';
import { formatSeconds } from '../../terminal/numbers.ts';
import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface CopyFlags extends ChangeFlags {
  readonly skipDataCheck?: boolean;
  readonly workers?: number;
  readonly here?: boolean;
}

export const copyCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'copy',
    "Copies a feature's tables to its service's database and keeps them current from then on. Resumable; reads and writes stay with legacy.",
  )
    .option(
      '--skip-data-check',
      'do not look through the rows first for values that the service cannot take: they end the copy where they are met',
    )
    .option(
      '--workers <n>',
      'chunks under way at a time, 1 to 16, as `banyan throttle` sets it',
      numberOption(),
    )
    .option(
      '--here',
      'rows go through this process instead of control: control says which come next and carries changes over. If it ends, control goes on',
    );
  withChangeOptions(
    command,
    'banyan copy product --why "move to the product service"',
    'banyan copy product --workers 8 --why "it is night"',
    'banyan copy product --here --why "from the host with memory"',
  );
  return command.action(async (feature: string, flags: CopyFlags) => {
    const context = new CommandContext(io, flags);
    const beganAt = performance.now();
    if (flags.workers !== undefined) {
      await runAction(context, feature, 'throttle', { workers: flags.workers, why: flags.why });
    }
    const over = new AbortController();
    const helping = flags.here ? copyHere(context, feature, over.signal) : null;
    const copying = runAction(context, feature, 'copy', {
      why: flags.why,
      ...(flags.skipDataCheck && { skipDataCheck: true }),
    }).finally(() => over.abort());
    // What this process cannot read ends the command, though control would go on.
    const [result] = await Promise.all([copying, helping]);
    context.output.result(result, (paint) => {
      const took = formatSeconds((performance.now() - beganAt) / 1000);
      return `${paint.good('✓')} ${feature} is copied and kept current. Took ${took}.\n  next: banyan verify ${feature}`;
    });
  });
};

/** Copies what control offers of this feature, until `over` aborts; with as many workers as control may ask for. */
async function copyHere(context: CommandContext, feature: string, over: AbortSignal): Promise<void> {
  const config = await context.config();
  // Imported only here: the other commands start faster without all of it.
  const [{ helpCopy }, { processLogger }] = await Promise.all([
    import('../../../control/index.ts'),
    import('../process-logger.ts'),
  ]);
  const signal = AbortSignal.any([over, context.io.signal]);
  const logger = processLogger('copy', { ...context.io, env: { LOG_LEVEL: 'warn', ...context.io.env } });
  await helpCopy({ config, features: [feature], workers: mostWorkers, instead: true, signal, logger });
}
