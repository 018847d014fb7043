import { once } from 'node:events';
import { Command } from 'commander';
import { CommandContext, type CommonFlags, withCommonOptions, withExamples } from '../command-context.ts';
import { processLogger } from '../process-logger.ts';
import type { CommandFactory } from '../program.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export const controlCommand: CommandFactory = (io) => {
  const command = new Command('control').description(
    'Runs the control process: it moves, conducts and answers the other commands. Ctrl-C or SIGTERM ends it; a second one stands by.',
  );
  withExamples(withCommonOptions(command), 'banyan control');
  return command.action(async (flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    // Imported only here: the other commands start faster without all of it.
    const { startControl } = await import('../../../control/index.ts');
    const starting = startControl(config, { logger: processLogger('control', io) });
    const control = await untilInterrupted(io.signal, starting);
    context.output.ready({ ready: true, url: control.url, pid: process.pid });
    try {
      if (!io.signal.aborted) await once(io.signal, 'abort');
    } finally {
      await control.stop();
    }
  });
};
