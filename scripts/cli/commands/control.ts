import { once } from 'node:events';
import { Command } from 'commander';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export const controlCommand: CommandFactory = (io) => {
  const command = new Command('control').description(
    'Runs the control process: it moves, conducts and answers the other commands. Ctrl-C or SIGTERM ends it; a second one stands by.',
  );
  withLookOptions(command, 'banyan control');
  return command.action(async (flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    // Imported only here: the other commands start faster without all of it.
    const [{ startControl }, { processLogger }] = await Promise.all([
      import('../../../control/index.ts'),
      import('../process-logger.ts'),
    ]);
    const starting = startControl(config, { logger: processLogger('control', io) });
    const control = await untilInterrupted(io.signal, starting);
    io.hangups?.handle(() => void control.reload());
    context.output.ready({ ready: true, url: control.url, pid: process.pid });
    try {
      if (!io.signal.aborted) await once(io.signal, 'abort');
    } finally {
      await control.stop();
    }
  });
};
