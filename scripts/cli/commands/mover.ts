import { Command } from 'commander';
import { mostWorkers } from '../../../mover/throttle/pace.ts';
import { CommandContext, type CommonFlags, requireFeature, withLookOptions } from '../command-context.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly workers: number;
}

export const moverCommand: CommandFactory = (io) => {
  const command = new Command('mover')
    .description(
      'Helps the control process to copy, from this machine: takes chunks of any copy under way, reads and writes them. Run as many as you like; Ctrl-C or SIGTERM ends one when its chunks have landed, and one that dies loses nothing.',
    )
    .argument('[features...]', 'only these; default: every feature that has tables')
    .option(
      '--workers <n>',
      `chunks of one feature at a time, 1 to ${mostWorkers}`,
      numberOption({ least: 1, most: mostWorkers, whole: true }),
      3,
    );
  withLookOptions(command, 'banyan mover', 'banyan mover product --workers 4');
  return command.action(async (names: string[], flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const { workers } = flags;
    const features = names.length > 0 ? names : Object.keys(config.features);
    for (const name of features) requireFeature(config, name);
    // Imported only here: the other commands start faster without all of it.
    const [{ helpCopy }, { processLogger }] = await Promise.all([
      import('../../../control/index.ts'),
      import('../process-logger.ts'),
    ]);
    context.output.ready({ ready: true, pid: process.pid, features });
    const logger = processLogger('mover', io);
    await helpCopy({
      ...{ config, features, workers, instead: false, signal: io.signal, logger },
      onChunk: (chunk) => logger.info(chunk, 'a chunk has landed'),
    });
  });
};
